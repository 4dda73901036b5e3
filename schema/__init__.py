"""The graph: types, inputs, results, descriptions; every field declares its source and its permission."""
