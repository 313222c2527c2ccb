package influencer

import "time"

// Badge is what the public may know of an influencer: name, agency, since when,
// and whether it holds. It names no NIP, no account and no reason.
type Badge struct {
	PublicID  string // unguessable; the address of the page
	Name      string
	Agency    string
	AwardID   int64     // place of the newest award in the status lists, from 1
	AwardedAt time.Time // when the newest award was given
	State     BadgeState
}

// BadgeState says what a badge is worth now.
type BadgeState string

// The states of a badge. Why one does not hold is nobody's business: a loss, a
// block and a retirement look the same.
const (
	BadgeValid     BadgeState = "valid"
	BadgeSuspended BadgeState = "suspended"
	BadgeInvalid   BadgeState = "invalid"
)

// BadgeStateOf is what the badge of a person of this status is worth.
func BadgeStateOf(s Status) BadgeState {
	switch {
	case s.Holds():
		return BadgeValid
	case s == StatusSuspended:
		return BadgeSuspended
	default:
		return BadgeInvalid
	}
}

// StatusPurpose is what one list of bits tells of awards, in the words of the
// Bitstring Status List (www.w3.org/TR/vc-bitstring-status-list, statusPurpose).
type StatusPurpose string

// An award that was revoked stays so for ever; one that is suspended may be good
// again. A block can be taken back, so it suspends.
const (
	PurposeRevocation StatusPurpose = "revocation"
	PurposeSuspension StatusPurpose = "suspension"
)

// StatusListSize is how many awards one status list holds: the least that keeps a
// single holder hidden in the crowd (www.w3.org/TR/vc-bitstring-status-list,
// "Bitstring Generation Algorithm": 131,072 bits).
const StatusListSize = 131_072
