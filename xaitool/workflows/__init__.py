"""What each command does, as a plain function: options in, result out."""
