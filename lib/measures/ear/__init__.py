"""An ear: pieces made into sound, sound into the features of music information retrieval, and a network that
says which genre it hears."""
