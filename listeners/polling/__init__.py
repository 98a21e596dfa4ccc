"""Sources that do not call: papers, releases and data are asked for, page by page, at a polite pace."""
