"""SillyTavern and the programs that write its form."""
