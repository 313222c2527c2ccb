package web

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pengikut/pengikut/influencer"
)

// closedLists are the values of fields that have few, by the format that a field's
// tag names: `format:"status"`. The lists stand in influencer, or are the
// program's own, and so are not written a second time in tags.
func closedLists(platforms []influencer.Platform) map[string][]any {
	return map[string][]any{
		"platform":  anyOf(platforms),
		"status":    anyOf(influencer.Statuses()),
		"state":     anyOf(influencer.AccountStates()),
		"reason":    append(anyOf(influencer.Reasons()), ""), // of a person who never moved
		"problem":   anyOf(influencer.Problems()),
		"role":      anyOf(influencer.Roles()),
		"act":       anyOf(influencer.ActionKinds()),
		"key-state": anyOf([]influencer.KeyState{influencer.KeyValid, influencer.KeyExpired, influencer.KeyRevoked}),
	}
}

func anyOf[T ~string](names []T) []any {
	out := make([]any, len(names))
	for i, n := range names {
		out[i] = string(n)
	}
	return out
}

// closer puts closed lists into schemas, and says of lists what this program
// keeps: they are never null.
type closer struct {
	lists map[string][]any
	seen  map[*huma.Schema]bool
}

func (c closer) close(s *huma.Schema) {
	if s == nil || c.seen[s] {
		return
	}
	c.seen[s] = true
	if list, ok := c.lists[s.Format]; ok {
		s.Enum, s.Format = list, ""
	}
	if s.Type == huma.TypeArray {
		s.Nullable = false
	}
	c.close(s.Items)
	for _, p := range s.Properties {
		c.close(p)
	}
	if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
		c.close(values)
	}
	for _, some := range [][]*huma.Schema{s.OneOf, s.AnyOf, s.AllOf} {
		for _, one := range some {
			c.close(one)
		}
	}
	s.PrecomputeMessages()
}

// closeAll closes the schemas of a whole document.
func (c closer) closeAll(o *huma.OpenAPI) {
	for name, s := range o.Components.Schemas.Map() {
		c.close(s)
		nullPointers(s, o.Components.Schemas.TypeFromRef(schemaPrefix+name))
	}
	eachOperation(o, func(_ string, op *huma.Operation) {
		for _, p := range op.Parameters {
			c.close(p.Schema)
		}
		if op.RequestBody != nil {
			for _, m := range op.RequestBody.Content {
				c.close(m.Schema)
			}
		}
		for _, r := range op.Responses {
			for _, m := range r.Content {
				c.close(m.Schema)
			}
		}
	})
}

func eachOperation(o *huma.OpenAPI, fn func(path string, op *huma.Operation)) {
	for path, item := range o.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete, item.Patch} {
			if op != nil {
				fn(path, op)
			}
		}
	}
}

// nullPointers says of members that are pointers to structs that they may be null, which
// huma says only of numbers, texts and times.
func nullPointers(s *huma.Schema, t reflect.Type) {
	if t == nil || t.Kind() != reflect.Struct {
		return
	}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		member := s.Properties[name]
		if member == nil || member.Ref == "" || f.Type.Kind() != reflect.Pointer || strings.Contains(options, "omit") {
			continue
		}
		s.Properties[name] = &huma.Schema{
			Description: member.Description,
			AnyOf:       []*huma.Schema{{Ref: member.Ref}, {Type: "null", Enum: []any{nil}}}, // of the type alone huma would let anything in
		}
	}
}
