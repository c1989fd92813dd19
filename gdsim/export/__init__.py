"""CSV, picture, script: every file is written atomically."""
