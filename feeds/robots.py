"""What robots may read: everything that the public may."""

ROBOTS = "User-agent: *\nDisallow: /moderate/\nAllow: /\n"
