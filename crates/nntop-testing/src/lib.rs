//! What the tests of all crates share. Its own tests check the source: layers, circles, the form of files.
