// Nothing but the libraries that pkg-config names: to link libpython into a program that embeds an interpreter. What it
// declares is imported through CPython.
