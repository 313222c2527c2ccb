package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// generator makes requests out of the document, the same ones for a seed.
type generator struct {
	*rand.Rand
	doc *document
	ids map[string][]string // values of {id}, by the path up to it

	agencies []string // that there are
}

// call is one request.
type call struct {
	op          *operation
	path        map[string]string
	query       url.Values
	body        []byte
	contentType string
	spoilt      string // how a good request was made a bad one
}

func (c call) request(key string) *http.Request {
	path := c.op.path
	for name, value := range c.path {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	r := httptest.NewRequest(c.op.method, "http://pengikut"+path+"?"+c.query.Encode(), bytes.NewReader(c.body))
	if c.contentType != "" {
		r.Header.Set("Content-Type", c.contentType)
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	return r
}

func (c call) String() string {
	return fmt.Sprintf("%s %s %v ?%s %.300s (%s)", c.op.method, c.op.path, c.path, c.query.Encode(), c.body, c.spoilt)
}

// good makes a request that fits the document.
func (g *generator) good(op *operation) call {
	c := call{op: op, path: map[string]string{}, query: url.Values{}}
	for _, p := range op.Parameters {
		switch {
		case p.In == "path":
			c.path[p.Name] = g.pathValue(op, p.Name, p.Schema)
		case p.In != "query" || !p.Required && g.IntN(3) > 0:
		case p.Name == "agency" && g.IntN(2) == 0:
			c.query.Set(p.Name, g.agencies[g.IntN(len(g.agencies))])
		default:
			c.query.Set(p.Name, g.queryValue(p.Schema))
		}
	}
	if op.RequestBody != nil {
		for kind, media := range op.RequestBody.Content {
			c.contentType = kind
			if c.body = []byte(g.roster()); kind == "application/json" {
				c.body = g.json(g.value(media.Schema, 0))
			}
		}
	}
	return c
}

func (g *generator) json(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

// pathValue is most often an id of something that is there.
func (g *generator) pathValue(op *operation, name string, s *schema) string {
	before, _, _ := strings.Cut(op.path, "{"+name+"}")
	known := g.ids[before]
	if len(known) > 0 && g.IntN(8) > 0 {
		return known[g.IntN(len(known))]
	}
	if len(known) > 0 {
		return strconv.Itoa(1000 + g.IntN(1_000_000))
	}
	return g.queryValue(s)
}

func (g *generator) queryValue(s *schema) string {
	switch v := g.value(s, 0).(type) {
	case []any:
		parts := make([]string, len(v))
		for i, one := range v {
			parts[i] = fmt.Sprint(one)
		}
		return strings.Join(parts, ",")
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// value is one that fits a schema.
func (g *generator) value(s *schema, depth int) any {
	s = g.doc.at(s)
	if len(s.OneOf)+len(s.AnyOf) > 0 {
		all := append(s.OneOf, s.AnyOf...)
		return g.value(all[g.IntN(len(all))], depth)
	}
	if len(s.Enum) > 0 {
		return s.Enum[g.IntN(len(s.Enum))]
	}
	if len(s.Type) == 0 {
		return map[string]any{}
	}
	switch s.Type[0] {
	case "boolean":
		return g.IntN(2) == 0
	case "integer", "number":
		return g.number(s)
	case "string":
		return g.text(s)
	case "array":
		items := []any{}
		if s.Items == nil {
			return items
		}
		for range g.IntN(3) + or(s.MinItems, 0) {
			items = append(items, g.value(s.Items, depth+1))
		}
		return items
	}
	object := map[string]any{}
	for _, name := range s.Required {
		object[name] = g.value(s.Properties[name], depth+1)
	}
	for name, p := range s.Properties {
		if g.IntN(2) == 0 && depth < 4 {
			object[name] = g.value(p, depth+1)
		}
	}
	return object
}

func or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

func (g *generator) number(s *schema) float64 {
	low, high := or(s.Minimum, 0), or(s.Maximum, 1<<40)
	if g.IntN(3) > 0 {
		high = min(high, low+20)
	}
	return low + float64(g.Int64N(int64(high-low)+1))
}

// words are texts that have broken other programs.
var words = []string{
	"Kementerian Kesehatan", "@sri", "19860426", "a", "'; DROP TABLE people; --", "%", "_%\\", "ñandú 漢字 🙂", "\u202e", "../../etc/passwd",
	"<script>alert(1)</script>", "{{7*7}}", "null", "-1", "1e309", "𝕊𝕣𝕚", " lead", "é", "pk_1_x", "=cmd()", "x,y", "*", "sri wahyuni",
	"198604262009012001", "1986 0426 2009 0120 01", "ſ", "İ",
}

func (g *generator) text(s *schema) string {
	switch {
	case s.Format == "date-time":
		return time.Unix(g.Int64N(4e9), 0).UTC().Format(time.RFC3339)
	case s.Format == "date":
		return time.Unix(g.Int64N(4e9), 0).UTC().Format(time.DateOnly)
	case s.Format == "uri":
		return "https://example.go.id/hook"
	}
	text := words[g.IntN(len(words))]
	for len(text) < or(s.MinLength, 0) {
		text += text
	}
	if s.MaxLength != nil {
		runes := []rune(text)
		text = string(runes[:min(len(runes), *s.MaxLength)])
	}
	return text
}

func (g *generator) roster() string {
	var b strings.Builder
	b.WriteString("nip,name,agency,unit,platform,handle,external_id\n")
	for range g.IntN(4) {
		fmt.Fprintf(&b, "%s,%q,Kementerian Uji,,x,u%d,\n", []string{"198604262009012001", "19860426", "=1+1"}[g.IntN(3)], words[g.IntN(len(words))], g.IntN(1000))
	}
	return b.String()
}

// bad makes a request that does not fit, in one way.
func (g *generator) bad(op *operation) call {
	c := g.good(op)
	ways := []func(*call){g.unknownParameter}
	if len(op.Parameters) > 0 {
		ways = append(ways, g.badParameter, g.badParameter, g.twice)
	}
	if op.RequestBody != nil {
		ways = append(ways, g.wrongType)
		if c.contentType == "application/json" {
			ways = append(ways, g.badBody, g.badBody, g.badMember, g.badMember)
		}
	}
	ways[g.IntN(len(ways))](&c)
	return c
}

func (g *generator) unknownParameter(c *call) {
	c.spoilt = "a parameter that is not known"
	c.query.Set("colour"+strconv.Itoa(g.IntN(9)), words[g.IntN(len(words))])
}

func (g *generator) twice(c *call) {
	c.spoilt = "a parameter given twice"
	c.query["limit"] = []string{"1", "2"}
}

func (g *generator) wrongType(c *call) {
	c.spoilt = "a content type of another kind"
	c.contentType = []string{"text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", "/;;"}[g.IntN(5)]
}

// badParameter spoils one that can be: every text fits some.
func (g *generator) badParameter(c *call) {
	for range 20 {
		p := c.op.Parameters[g.IntN(len(c.op.Parameters))]
		value, ok := g.misfit(p.Schema)
		if !ok || p.In == "header" {
			continue
		}
		c.spoilt = "parameter " + p.Name
		if p.In == "path" {
			c.path[p.Name] = value
		} else {
			c.query.Set(p.Name, value)
		}
		return
	}
	g.unknownParameter(c)
}

// misfit is a text that no parameter of the schema takes.
func (g *generator) misfit(s *schema) (string, bool) {
	s = g.doc.at(s)
	switch {
	case len(s.Type) == 0:
		return "", false
	case s.Type[0] == "string" && g.IntN(2) == 0:
		return []string{"a\x00b", "\xff\xfe", "line\nend", "\x1b[2J"}[g.IntN(4)], true
	case s.Type[0] == "array":
		return g.misfit(s.Items)
	case len(s.Enum) > 0 || s.Format == "date-time" || s.Type[0] == "boolean":
		return "tidak", true
	case s.Type[0] == "integer":
		return []string{"x", "1.5", "99999999999999999999", "--1", "-7", "0x10", "1e3"}[g.IntN(7)], true
	case s.MaxLength != nil:
		return strings.Repeat("é", *s.MaxLength+1), true
	}
	return "", false
}

func (g *generator) badBody(c *call) {
	bodies := []string{"", "{", "null", "[]", `"text"`, "7", `{"a":`, "\xff\xfe\x00", strings.Repeat("[", 5000), `{"name":"a\u0000b"}`, "{} {}"}
	i := g.IntN(len(bodies))
	c.spoilt, c.body = "body "+strconv.Itoa(i), []byte(bodies[i])
}

// badMember gives one member of the body another type, or one too many.
func (g *generator) badMember(c *call) {
	var object map[string]any
	if err := json.Unmarshal(c.body, &object); err != nil || object == nil {
		g.badBody(c)
		return
	}
	c.spoilt = "a member that is not known"
	object["colour"] = "red"
	for name := range object {
		if name != "colour" && g.IntN(2) == 0 {
			c.spoilt = "member " + name
			delete(object, "colour")
			object[name] = []any{map[string]any{"a": []any{1.5, nil}}}
			break
		}
	}
	c.body = g.json(object)
}
