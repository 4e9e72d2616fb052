//! Revision files and their graph; knows no database.
