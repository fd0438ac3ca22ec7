"""Search by meaning: texts become vectors, and near vectors are near texts."""
