"""One module or package for each family of export files."""
