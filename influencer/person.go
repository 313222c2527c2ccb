package influencer

import "time"

// Status is where a person stands.
type Status string

// The statuses. A person holds the influencer status while active or grace.
const (
	StatusNone      Status = "none"
	StatusPending   Status = "pending"   // qualifies, waits for approval
	StatusActive    Status = "active"    // is an influencer
	StatusGrace     Status = "grace"     // below the line, not yet lost
	StatusSuspended Status = "suspended" // by an admin, until a date
	StatusBlocked   Status = "blocked"   // by an admin, with a legal basis
	StatusRevoked   Status = "revoked"   // held once, lost
)

// Statuses lists every status, in the order of the documentation.
func Statuses() []Status {
	return []Status{StatusNone, StatusPending, StatusActive, StatusGrace, StatusSuspended, StatusBlocked, StatusRevoked}
}

// Holds tells whether a person of this status is an influencer now.
func (s Status) Holds() bool { return s == StatusActive || s == StatusGrace }

// Person is one civil servant.
type Person struct {
	ID     int64 // ours; never derived from the NIP, which can change
	NIP    NIP
	Name   string
	Agency string
	Unit   string
	Standing
}

// Standing is a person's status and what the next decision must remember.
// Times are UTC; a zero time means never.
type Standing struct {
	Status         Status    `json:"status"`
	Since          time.Time `json:"since,omitzero"`            // when Status began
	FirstGrantedAt time.Time `json:"first_granted_at,omitzero"` // the first award; survives every return
	GraceSince     time.Time `json:"grace_since,omitzero"`      // when the grace under way began; kept through a suspension
	HeldBefore     Status    `json:"held_before,omitzero"`      // the status under a suspension or block, "" otherwise
	Until          time.Time `json:"until,omitzero"`            // the end of a suspension; zero means open
	Reason         Reason    `json:"reason,omitzero"`           // why Status is what it is
	ReasonVersion  int       `json:"reason_version,omitzero"`   // the policy version that reason was decided under, 0 for none
	Left           Leaving   `json:"left,omitzero"`             // why the person is no longer in the service, "" for who is
	LeftAt         time.Time `json:"left_at,omitzero"`          // since when
}

// Underlying is the status that the rule works on: the one held before while an
// admin's suspension or block lies over it, else the status itself.
func (s Standing) Underlying() Status {
	under := s.Status
	if s.Status == StatusSuspended || s.Status == StatusBlocked {
		under = s.HeldBefore
	}
	if under == "" {
		return StatusNone
	}
	return under
}
