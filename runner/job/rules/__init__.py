"""What a schema cannot say: rules between keys, one file for each part of a job or district. Each notes problems in a Document."""
