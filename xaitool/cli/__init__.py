"""The command line: parse, call one workflow, print. Nothing heavy at module level."""
