module rides/rideshare

go 1.20
