package simulator

import "time"

// Spelling says which generation of X's v2 field names the server speaks. X
// renamed them between versions 2.166 and 2.167 of its OpenAPI description
// (xdevplatform/docs, openapi.json, August 2026).
type Spelling int

// The spellings.
const (
	// SpellingBoth accepts both generations and answers in the one asked in.
	SpellingBoth Spelling = iota
	// SpellingOld is 2.166 and before: user.fields=most_recent_tweet_id,
	// tweet.fields, public_metrics.tweet_count.
	SpellingOld
	// SpellingNew is 2.167: most_recent_post_id as an expansion only,
	// post.fields, public_metrics.post_count.
	SpellingNew
)

// Options sets up a server or a population. The zero value is a useful
// rehearsal: 1,000 people, X's documented limits, no bad days.
type Options struct {
	// Seed picks the population. Zero is a population like any other.
	Seed uint64
	// People is the size of the population. Zero means 1,000.
	People int
	// Mix says how many accounts are out of the ordinary. Nil means
	// DefaultMix; a pointer to the zero Mix makes everybody ordinary.
	Mix *Mix

	// Now is the visible clock: rate windows, faults and the times of posts
	// follow it. Nil means time.Now.
	Now func() time.Time
	// Start is the moment from which simulated time is counted. Zero means
	// the time of New, so that every run begins with the same numbers.
	Start time.Time
	// Speed is how fast simulated time runs: counts drift, and accounts are
	// suspended, renamed and deleted, that many times faster than the visible
	// clock. Zero means 1; 3600 lets one second be an hour. Posts are always
	// dated by the visible clock, so that no newest post lies in the future
	// of whoever reads it.
	Speed float64

	// XLimit is the number of calls per window and endpoint that X allows.
	// Zero means 300, X's documented app limit; a negative number means none.
	XLimit int
	// XWindow is the length of X's window. Zero means 15 minutes. A window
	// ends at a whole second, as the header can name no other moment.
	XWindow time.Duration
	// XDayLimit adds the 24-hour limit and its x-app-limit-24hour-* headers.
	// Zero means that X sends none.
	XDayLimit int
	// GraphLimit is the number of Graph calls per GraphWindow over the whole
	// app; every item of a batch counts. Zero means no limit and no
	// X-App-Usage header.
	GraphLimit int
	// GraphWindow is the length of Graph's window. Zero means one hour.
	GraphWindow time.Duration

	// Spelling says which names X v2 accepts. Zero means both.
	Spelling Spelling
	// Lenient lets X v2 ignore unknown fields, expansions and parameters. The
	// zero value answers 400 and names the first one, as X does.
	Lenient bool

	// BearerToken is the only bearer that X accepts beside those that
	// /oauth2/token gave out. Empty means any.
	BearerToken string
	// ConsumerKey and ConsumerSecret are what /oauth2/token accepts. Empty
	// means any.
	ConsumerKey, ConsumerSecret string
	// AppID and AppSecret are those of the Facebook app. A secret makes
	// appsecret_proof mandatory for every token. Empty means any app, no proof.
	AppID, AppSecret string
	// InstagramUserID is the reading institution's own professional account.
	// Empty means DefaultInstagramUserID.
	InstagramUserID string
	// InstagramToken is the token that may use business discovery. Empty
	// means any that is not a person's dead one.
	InstagramToken string
	// TokenLife is how long an exchanged Graph token lives. Zero means 60 days.
	TokenLife time.Duration

	// TrackReads counts how often each account was handed out, at four bytes
	// per person and platform, for Server.Reads. The zero value counts only totals.
	TrackReads bool
	// Trickle is the pause between two pieces of a slow body. Zero means 500ms.
	Trickle time.Duration
}

// DefaultInstagramUserID is the account that reads the others by business
// discovery, unless Options names another.
const DefaultInstagramUserID = "17841400000000001"

func (o Options) withDefaults() Options {
	if o.People == 0 {
		o.People = 1000
	}
	if o.Mix == nil {
		m := DefaultMix()
		o.Mix = &m
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Start.IsZero() {
		o.Start = o.Now()
	}
	if o.Speed == 0 {
		o.Speed = 1
	}
	return o.withLimits()
}

func (o Options) withLimits() Options {
	if o.XLimit == 0 {
		o.XLimit = 300
	}
	if o.XWindow == 0 {
		o.XWindow = 15 * time.Minute
	}
	if o.GraphWindow == 0 {
		o.GraphWindow = time.Hour
	}
	if o.InstagramUserID == "" {
		o.InstagramUserID = DefaultInstagramUserID
	}
	if o.TokenLife == 0 {
		o.TokenLife = 60 * 24 * time.Hour
	}
	if o.Trickle == 0 {
		o.Trickle = 500 * time.Millisecond
	}
	return o
}
