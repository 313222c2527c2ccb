package simulator

// Kind is one way for a platform to go wrong.
type Kind string

// Kinds of the wire class answer instead of the platform.
const (
	OutageJSON  Kind = "outage-json"  // 503 with the platform's error JSON
	OutageEmpty Kind = "outage-empty" // 503 without a body
	OutageHTML  Kind = "outage-html"  // 503 with a proxy's HTML page
	HTMLOK      Kind = "html-ok"      // 200 with an HTML page
	Reset       Kind = "reset"        // the connection is reset
	EmptyBody   Kind = "empty-body"   // 200 without a body
	EmptyObject Kind = "empty-object" // 200 {}
	EmptyList   Kind = "empty-list"   // 200 with an empty list where the accounts should be
	Null        Kind = "null"         // 200 null
)

// Kinds of the refusal class are the platform's own way of saying no.
const (
	// Throttle is 429 with x-rate-limit headers (v1.1: code 88); on Graph
	// HTTP 400, code 4, is_transient, X-App-Usage at 100.
	Throttle Kind = "throttle"
	// ThrottleBare is the same without any header; on Graph HTTP 403, code 17.
	// Fault.Code picks another Graph code: 32, 613, 80001, 80002.
	ThrottleBare Kind = "throttle-bare"
	// Credits and CreditsNew are X's 402 in the two shapes seen in the field,
	// titles CreditsDepleted and Payment Required.
	Credits    Kind = "credits"
	CreditsNew Kind = "credits-new"
	// SpendCap is X's 403 SpendCapReached, set by the account's owner.
	SpendCap Kind = "spend-cap"
	// UsageCap is X's 429 UsageCapExceeded, with a window that still has room.
	UsageCap Kind = "usage-cap"
	// TokenDead is 401 on X (v1.1: code 89), code 190 on Graph; Fault.Subcode
	// says why (458, 459, 460, 463, 464, 467; 0 for none).
	TokenDead Kind = "token-dead"
	// Forbidden is 403 client-forbidden on X v2, 453 on v1.1, code 10 on Graph.
	Forbidden Kind = "forbidden"
	// Poison refuses the whole batch with 400 when it holds Fault.Item, and
	// does not say which item it was. A Graph batch isolates it: code 100.
	Poison Kind = "poison"
)

// Kinds of the content class bend a good answer.
const (
	MissingMetrics Kind = "missing-metrics" // every count is absent
	MissingCount   Kind = "missing-count"   // the follower or friend count is absent
	RenamedCount   Kind = "renamed-count"   // it has another name
	StringCount    Kind = "string-count"    // it is a string
	Hydration      Kind = "hydration"       // X v2: counts absent, errors[] says field-hydration-failure
	Zero           Kind = "zero"            // every count is 0
	Purge          Kind = "purge"           // a tenth of the followers is gone
	Collapse       Kind = "collapse"        // three fifths of the followers are gone
	Takeover       Kind = "takeover"        // a handle answers with a stranger's id
	Reorder        Kind = "reorder"         // the list comes backwards
	Duplicate      Kind = "duplicate"       // the first account comes twice
	Extra          Kind = "extra"           // an account comes that nobody asked for
	NullItems      Kind = "null-items"      // Graph batch: items are null, as after a timeout
)

// Kinds of the delivery class spoil the sending of a good answer.
const (
	Slow      Kind = "slow"      // the body trickles
	Half      Kind = "half"      // the connection is cut in the middle of the body
	Truncated Kind = "truncated" // half a body, as if it were whole
)

type class uint8

const (
	wire class = 1 << iota
	refusal
	content
	delivery
)

func classOf(k Kind) (class, bool) {
	switch k {
	case OutageJSON, OutageEmpty, OutageHTML, HTMLOK, Reset, EmptyBody, EmptyObject, EmptyList, Null:
		return wire, true
	case Throttle, ThrottleBare, Credits, CreditsNew, SpendCap, UsageCap, TokenDead, Forbidden, Poison:
		return refusal, true
	case MissingMetrics, MissingCount, RenamedCount, StringCount, Hydration, Zero, Purge, Collapse, Takeover,
		Reorder, Duplicate, Extra, NullItems:
		return content, true
	case Slow, Half, Truncated:
		return delivery, true
	}
	return 0, false
}

// Kinds returns every kind of fault, for a menu or a test over all of them.
func Kinds() []Kind {
	return []Kind{
		OutageJSON, OutageEmpty, OutageHTML, HTMLOK, Reset, EmptyBody, EmptyObject, EmptyList, Null,
		Throttle, ThrottleBare, Credits, CreditsNew, SpendCap, UsageCap, TokenDead, Forbidden, Poison,
		MissingMetrics, MissingCount, RenamedCount, StringCount, Hydration, Zero, Purge, Collapse, Takeover,
		Reorder, Duplicate, Extra, NullItems, Slow, Half, Truncated,
	}
}
