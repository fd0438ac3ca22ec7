"""What the fixtures give: the gate's facts in a test's hands, and checks that fail in the gate's words."""
