"""Tables and figures of the paper, drawn from results/*.json alone, the published figures beside ours."""
