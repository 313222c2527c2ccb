package main

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// schema is as much of a JSON schema as the document uses. A member that is not
// here makes the document unreadable, so that no test passes over it.
type schema struct {
	Ref         string             `json:"$ref"`
	Type        anyType            `json:"type"`
	Format      string             `json:"format"`
	Enum        []any              `json:"enum"`
	Properties  map[string]*schema `json:"properties"`
	Required    []string           `json:"required"`
	Additional  *additional        `json:"additionalProperties"`
	Items       *schema            `json:"items"`
	OneOf       []*schema          `json:"oneOf"`
	AnyOf       []*schema          `json:"anyOf"`
	Minimum     *float64           `json:"minimum"`
	Maximum     *float64           `json:"maximum"`
	MinLength   *int               `json:"minLength"`
	MaxLength   *int               `json:"maxLength"`
	MinItems    *int               `json:"minItems"`
	MaxItems    *int               `json:"maxItems"`
	MaxProps    *int               `json:"maxProperties"`
	UniqueItems bool               `json:"uniqueItems"`
	Pattern     string             `json:"pattern"`

	Default, Examples, Description, Title, ReadOnly, WriteOnly, Deprecated, Encoding any
}

// anyType is one type or several.
type anyType []string

// UnmarshalJSON reads both forms.
func (t *anyType) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*t = anyType{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(t))
}

// additional is true, false, or what all other members are.
type additional struct {
	refused bool
	schema  *schema
}

// UnmarshalJSON reads all forms.
func (a *additional) UnmarshalJSON(raw []byte) error {
	var allowed bool
	if json.Unmarshal(raw, &allowed) == nil {
		a.refused = !allowed
		return nil
	}
	return json.Unmarshal(raw, &a.schema)
}

// at follows references.
func (d *document) at(s *schema) *schema {
	for s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	return s
}

// check tells in what a decoded JSON value does not fit.
func (d *document) check(s *schema, v any, path string) error {
	s = d.at(s)
	if len(s.OneOf)+len(s.AnyOf) > 0 {
		var errs []string
		for _, one := range slices.Concat(s.OneOf, s.AnyOf) {
			err := d.check(one, v, path)
			if err == nil {
				return nil
			}
			errs = append(errs, err.Error())
		}
		return fmt.Errorf("%s fits none of: %s", path, strings.Join(errs, "; "))
	}
	if kind := kindOf(v); s.Type != nil && !slices.Contains(s.Type, kind) && !(kind == "integer" && slices.Contains(s.Type, "number")) {
		return fmt.Errorf("%s is %s, not %v", path, kind, s.Type)
	}
	if s.Enum != nil && v != nil && !slices.Contains(s.Enum, v) {
		return fmt.Errorf("%s is %v, none of %v", path, v, s.Enum)
	}
	switch v := v.(type) {
	case string:
		return s.checkText(v, path)
	case float64:
		if s.Minimum != nil && v < *s.Minimum || s.Maximum != nil && v > *s.Maximum {
			return fmt.Errorf("%s is %v, out of range", path, v)
		}
	case []any:
		return d.checkList(s, v, path)
	case map[string]any:
		return d.checkObject(s, v, path)
	}
	return nil
}

func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case float64:
		if v == math.Trunc(v) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}

func (s *schema) checkText(v, path string) error {
	n := utf8.RuneCountInString(v)
	if s.MinLength != nil && n < *s.MinLength || s.MaxLength != nil && n > *s.MaxLength {
		return fmt.Errorf("%s has %d characters", path, n)
	}
	if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(v) {
		return fmt.Errorf("%s %q does not match %s", path, v, s.Pattern)
	}
	if s.Format == "date-time" {
		t, err := time.Parse(time.RFC3339, v)
		if err == nil && t.Location() != time.UTC && !strings.HasSuffix(v, "Z") {
			err = fmt.Errorf("not in UTC")
		}
		if err != nil {
			return fmt.Errorf("%s: time %q: %w", path, v, err)
		}
	}
	return nil
}

func (d *document) checkList(s *schema, v []any, path string) error {
	if s.MaxItems != nil && len(v) > *s.MaxItems || s.MinItems != nil && len(v) < *s.MinItems {
		return fmt.Errorf("%s has %d items", path, len(v))
	}
	for i, item := range v {
		if s.Items == nil {
			return nil
		}
		if err := d.check(s.Items, item, fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	return nil
}

func (d *document) checkObject(s *schema, v map[string]any, path string) error {
	for _, name := range s.Required {
		if _, ok := v[name]; !ok {
			return fmt.Errorf("%s has no %s", path, name)
		}
	}
	for name, value := range v {
		member := s.Properties[name]
		switch {
		case member != nil:
		case s.Additional == nil || !s.Additional.refused && s.Additional.schema == nil:
			continue
		case s.Additional.refused:
			return fmt.Errorf("%s has a member %s that the document does not know", path, name)
		default:
			member = s.Additional.schema
		}
		if err := d.check(member, value, path+"."+name); err != nil {
			return err
		}
	}
	return nil
}

// document is as much of an OpenAPI document as the walk needs.
type document struct {
	OpenAPI    string                           `json:"openapi"`
	Paths      map[string]map[string]*operation `json:"paths"`
	Components struct {
		Schemas         map[string]*schema `json:"schemas"`
		SecuritySchemes map[string]any     `json:"securitySchemes"`
	} `json:"components"`
	Info, Servers, Tags, Security any
}

type operation struct {
	ID          string `json:"operationId"`
	Summary     string `json:"summary"`
	Who         string `json:"x-who"`
	AllAgencies bool   `json:"x-all-agencies"`
	Parameters  []struct {
		Name     string  `json:"name"`
		In       string  `json:"in"`
		Required bool    `json:"required"`
		Schema   *schema `json:"schema"`
	} `json:"parameters"`
	RequestBody *struct {
		Required bool                     `json:"required"`
		Content  map[string]mediaDocument `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Description string                   `json:"description"`
		Content     map[string]mediaDocument `json:"content"`
	} `json:"responses"`
	Security []map[string][]string `json:"security"`

	method, path string
}

type mediaDocument struct {
	Schema *schema `json:"schema"`
}

// operations are all of them, in the order of their ids.
func (d *document) operations() []*operation {
	var out []*operation
	for path, methods := range d.Paths {
		for method, op := range methods {
			op.method, op.path = strings.ToUpper(method), path
			out = append(out, op)
		}
	}
	slices.SortFunc(out, func(a, b *operation) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// checkAnswer tells in what an answer is not what the document promises.
func (d *document) checkAnswer(op *operation, status int, contentType string, body []byte) error {
	promised, ok := op.Responses[fmt.Sprint(status)]
	if !ok {
		return fmt.Errorf("status %d is not in the document", status)
	}
	if status == 204 || status == 304 {
		return nil
	}
	kind, _, _ := strings.Cut(contentType, ";")
	media, ok := promised.Content[kind]
	if !ok {
		return fmt.Errorf("%q is not in the document for %d", contentType, status)
	}
	if !strings.HasSuffix(kind, "json") {
		return nil
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	return d.check(media.Schema, v, "body")
}
