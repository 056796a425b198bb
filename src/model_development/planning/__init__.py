"""Before training: what is to be solved, which algorithms suit the table, and a project of one's own."""
