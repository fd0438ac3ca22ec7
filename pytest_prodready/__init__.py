"""pytest-prodready: would this build start, load its tasks, agree with its database and answer its probes?"""
