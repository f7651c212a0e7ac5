"""The public pages as files, for a web server or a CDN: readers then never reach Python."""
