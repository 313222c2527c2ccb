package influencer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// PolicyError is everything wrong with a policy, not only the first thing.
type PolicyError struct {
	Problems []string // each begins with the key it is about
}

// Error joins the problems.
func (e *PolicyError) Error() string { return "policy: " + strings.Join(e.Problems, "; ") }

// ParsePolicy reads the policy file's JSON form. A key left out takes the value
// of [DefaultPolicy]; an unknown, doubled or empty key is refused. Durations are
// written "35d", "1h30m", "0s", shares "90%", match as "any", "all" or
// {"at_least": N}. A refusal is a [*PolicyError] with all problems. The version
// of the result is 0: numbering is the store's.
func ParsePolicy(data []byte) (Policy, error) {
	p := DefaultPolicy()
	p.Version = 0
	ps := &policyParser{bad: map[string]bool{}}
	ps.policy(data, &p)
	if ps.bad[""] {
		return Policy{}, &PolicyError{Problems: ps.problems} // not JSON: the values mean nothing
	}
	for _, problem := range p.problems() {
		if !ps.bad[problem.key] {
			ps.report(problem.key, "%s", problem.text)
		}
	}
	if len(ps.problems) > 0 {
		return Policy{}, &PolicyError{Problems: ps.problems}
	}
	return p, nil
}

// UnmarshalJSON is [ParsePolicy]; the version stays what it was.
func (p *Policy) UnmarshalJSON(data []byte) error {
	parsed, err := ParsePolicy(data)
	if err != nil {
		return err
	}
	parsed.Version = p.Version
	*p = parsed
	return nil
}

// policyParser collects problems; bad holds the keys that have one already, so
// that the value in its place is not judged a second time.
type policyParser struct {
	problems []string
	bad      map[string]bool
}

func (ps *policyParser) report(key, format string, args ...any) {
	ps.bad[key] = true
	text := fmt.Sprintf(format, args...)
	if key != "" {
		text = key + ": " + text
	}
	ps.problems = append(ps.problems, text)
}

// take reads one key's value.
type take func(key string, raw json.RawMessage)

func (ps *policyParser) policy(data []byte, p *Policy) {
	ps.object("", data, map[string]take{
		"match":        func(key string, raw json.RawMessage) { ps.match(key, raw, &p.Match) },
		"requirements": func(key string, raw json.RawMessage) { ps.requirements(key, raw, &p.Requirements) },
		"leave_below":  parseText(ps, &p.LeaveBelow, parseShare),
		"confirm":      parseInt(ps, &p.Confirm),
		"confirm_gap":  parseText(ps, &p.ConfirmGap, parseDuration),
		"grace":        parseText(ps, &p.Grace, parseDuration),
		"activity": ps.block(map[string]take{
			"within":  parseText(ps, &p.Activity.Within, parseDuration),
			"unknown": parseText(ps, &p.Activity.Unknown, asIs[UnknownActivity]),
		}),
		"evidence_max_age": parseText(ps, &p.EvidenceMaxAge, parseDuration),
		"suspect": ps.block(map[string]take{
			"drop": parseText(ps, &p.Suspect.Drop, parseShare),
			"from": parseInt(ps, &p.Suspect.From),
		}),
		"gone_after": parseText(ps, &p.GoneAfter, parseDuration),
		"breaker": ps.block(map[string]take{
			"share":  parseText(ps, &p.Breaker.Share, parseShare),
			"floor":  parseInt(ps, &p.Breaker.Floor),
			"window": parseText(ps, &p.Breaker.Window, parseDuration),
		}),
		"approval": parseText(ps, &p.Approval, asIs[Approval]),
	})
}

func (ps *policyParser) block(takes map[string]take) take {
	return func(key string, raw json.RawMessage) { ps.object(key, raw, takes) }
}

// object walks the keys of one JSON object. encoding/json alone would take a
// doubled key, a key in capitals and a null without a word.
func (ps *policyParser) object(path string, raw json.RawMessage, takes map[string]take) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		ps.report(path, "must be an object of keys and values")
		return
	}
	seen := map[string]bool{}
	for dec.More() {
		name, value, err := nextMember(dec)
		if err != nil {
			ps.report(path, "is not JSON: %v", err)
			return
		}
		key := strings.TrimPrefix(path+"."+name, ".")
		switch take, known := takes[name]; {
		case !known:
			ps.report(key, "is not a key of a policy")
		case seen[name]:
			ps.report(key, "stands twice")
		case string(value) == "null":
			ps.report(key, "is empty; leave the key out to take the default")
		default:
			take(key, value)
		}
		seen[name] = true
	}
	ps.end(path, dec)
}

func nextMember(dec *json.Decoder) (name string, value json.RawMessage, err error) {
	token, err := dec.Token()
	if err != nil {
		return "", nil, err
	}
	name, _ = token.(string)
	return name, value, dec.Decode(&value)
}

func (ps *policyParser) end(path string, dec *json.Decoder) {
	if _, err := dec.Token(); err != nil {
		ps.report(path, "is not JSON: %v", err)
		return
	}
	if _, err := dec.Token(); err != io.EOF {
		ps.report(path, "has something after its end")
	}
}

// match takes "any", "all", {"at_least": N}, and "at_least: N", which is what
// YAML makes of the form when a person quotes it.
func (ps *policyParser) match(key string, raw json.RawMessage, m *Match) {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		read := Match{Mode: MatchAtLeast}
		ps.object(key, raw, map[string]take{"at_least": parseInt(ps, &read.N)})
		if !ps.bad[key] {
			*m = read
		}
		return
	}
	if n, found := strings.CutPrefix(text, "at_least:"); found {
		count, err := strconv.Atoi(strings.TrimSpace(n))
		if err != nil {
			ps.report(key, "at_least must be a whole number")
			return
		}
		*m = Match{Mode: MatchAtLeast, N: count}
		return
	}
	*m = Match{Mode: MatchMode(text)}
}

func (ps *policyParser) requirements(key string, raw json.RawMessage, list *[]Requirement) {
	var raws []json.RawMessage
	if json.Unmarshal(raw, &raws) != nil {
		ps.report(key, "must be a list of {platform, metric, at_least}")
		return
	}
	*list = make([]Requirement, len(raws))
	for i, raw := range raws {
		ps.requirement(requirementKey(i), raw, &(*list)[i])
	}
}

func requirementKey(i int) string { return fmt.Sprintf("requirements no. %d", i+1) }

func (ps *policyParser) requirement(path string, raw json.RawMessage, r *Requirement) {
	given := map[string]bool{}
	noted := func(t take) take {
		return func(key string, raw json.RawMessage) {
			given[key] = true
			t(key, raw)
		}
	}
	ps.object(path, raw, map[string]take{
		"platform": noted(parseText(ps, &r.Platform, asIs[Platform])),
		"metric":   noted(parseText(ps, &r.Metric, asIs[Metric])),
		"at_least": noted(parseInt(ps, &r.AtLeast)),
	})
	for _, name := range []string{"platform", "metric", "at_least"} {
		if key := path + "." + name; !given[key] && !ps.bad[key] {
			ps.report(key, "is missing")
		}
	}
}

func asIs[T ~string](s string) (T, error) { return T(s), nil }

func parseText[T any](ps *policyParser, to *T, parse func(string) (T, error)) take {
	return func(key string, raw json.RawMessage) {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw) // a bare 0 is a duration; all else gets its own error
		}
		value, err := parse(text)
		if err != nil {
			ps.report(key, "%v", err)
			return
		}
		*to = value
	}
}

func parseInt[T ~int | ~int64](ps *policyParser, to *T) take {
	return func(key string, raw json.RawMessage) {
		n, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil {
			ps.report(key, "must be a whole number")
			return
		}
		*to = T(n)
	}
}
