package influencer

// NIP is a civil servant's number: 18 digits as text, never a number, since 18
// digits do not fit a float. PNS and PPPK numbers share the length and differ
// in digits 13 and 14.
type NIP string

// NIPKind tells permanent civil servants from those on contract.
type NIPKind string

// The kinds.
const (
	PNS  NIPKind = "PNS"
	PPPK NIPKind = "PPPK"
)
