"""Reading files of other people safely: pictures, archives, arrays."""
