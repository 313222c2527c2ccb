package influencer

// Row is one good row of people.csv: an account and whose it is.
type Row struct {
	Line       int // physical line in the file, from 1
	NIP        NIP
	Name       string
	Agency     string
	Unit       string
	Platform   Platform
	Handle     string
	ExternalID string
}

// RosterReport tells what a reading of people.csv met.
type RosterReport struct {
	Rows     int             // good rows handed on
	Problems []RosterProblem // in the order of lines, at most MaxRosterProblems
	More     int             // problems beyond those
	Unknown  []string        // columns that mean nothing to us
}

// RosterProblem is why one row was left out. Its text never holds a whole NIP.
type RosterProblem struct {
	Line int
	Text string
}

// MaxRosterProblems bounds the memory that a bad file can take.
const MaxRosterProblems = 10000
