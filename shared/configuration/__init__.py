"""Everything a company configures: settings, parameters, features, number sequences."""
