package store

import (
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// ownToken is what an account has to be read with: a token, or why the stored
// one is not to be used.
type ownToken struct {
	token influencer.Secret
	at    time.Time // when it was stored
	dead  *influencer.Failure
}

// tokens are the own tokens of these accounts. A key that is missing is an
// error, for that is our trouble and not the accounts'; a token that was tampered
// with is set aside, so that it stops nobody else's reads.
func (s *Store) tokens(tx *gorm.DB, accountIDs []int64) (map[int64]ownToken, error) {
	found, err := loadSealed(tx, `FROM accounts a JOIN credentials c ON c.platform = a.platform AND c.account_id = a.id
		WHERE c.account_id IS NOT NULL AND a.id ? AND c.state IN ('ok', 'dead')`, anyOf(tx, accountIDs))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	out := make(map[int64]ownToken, len(found))
	for _, c := range found {
		if dead := c.dead(s.now()); dead != nil {
			out[c.account] = ownToken{dead: dead}
			continue
		}
		token, err := s.reveal(tx, c)
		if err != nil {
			return nil, err
		}
		if token != "" {
			out[c.account] = ownToken{token: token, at: time.UnixMicro(c.created).UTC()}
		}
	}
	return out, nil
}

// dead is why a token is not to be sent any more, nil when it is good.
func (c sealed) dead(now time.Time) *influencer.Failure {
	switch {
	case c.state == CredentialDead:
		return toldFailure(c.detail)
	case c.expires != nil && *c.expires <= now.UnixMicro():
		return &influencer.Failure{Kind: influencer.CredentialDead,
			Detail: "the stored token has expired; next: the person logs in again, then credential add"}
	}
	return nil
}

// tellFailure writes a failure as a credential's detail, "190/463: …".
func tellFailure(f *influencer.Failure) string {
	if f.Code == "" {
		return f.Detail
	}
	return f.Code + ": " + f.Detail
}

// toldFailure undoes tellFailure.
func toldFailure(detail string) *influencer.Failure {
	f := &influencer.Failure{Kind: influencer.CredentialDead, Detail: detail}
	code, rest, ok := strings.Cut(detail, ": ")
	if ok && strings.Trim(code, "0123456789/") == "" {
		f.Code, f.Detail = code, rest
	}
	return f
}

// markTokens notes which accounts' own tokens the platform refused, so that they
// are not sent again. One that was stored after the read began stays as it is.
func (r *recording) markTokens(c *changes) {
	var refused []*attempt
	for _, a := range r.attempts {
		if a.failure != nil && a.failure.Kind == influencer.CredentialDead && !a.seen.TokenAt.IsZero() {
			refused = append(refused, a)
		}
	}
	if len(refused) == 0 {
		return
	}
	set := new(rowSet).ints("id", accountIDs(refused)).
		times("at", pick(refused, func(a **attempt) time.Time { return (*a).seen.TokenAt })).
		texts("detail", pick(refused, func(a **attempt) string { return tellFailure((*a).failure) }))
	c.add("tokens", -1, `UPDATE credentials AS c SET state = ?, detail = t.detail FROM ?
		WHERE c.platform = ? AND c.account_id = t.id AND c.account_id IS NOT NULL AND c.created_at = t.at AND c.state = 'ok'`,
		string(CredentialDead), set.as(r.tx, "t"), string(r.ref.Platform))
}
