"""One page that binds tables, figures, attacks and contact sheets, from results/**/*.json alone."""
