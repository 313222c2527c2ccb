package simulator

import "strings"

// graphField is one element of Graph's fields parameter, for example
// media.limit(1){timestamp} (developers.facebook.com, field expansion).
type graphField struct {
	name string
	mods map[string]string
	sub  []graphField
}

// parseGraphFields reads a whole fields parameter; ok is false when it does
// not follow the grammar.
func parseGraphFields(s string) (out []graphField, ok bool) {
	if s == "" {
		return nil, true
	}
	out, rest, ok := fieldList(s)
	return out, ok && rest == ""
}

// fieldList reads fields with commas between them.
func fieldList(s string) (out []graphField, rest string, ok bool) {
	for {
		f, rest, ok := oneField(s)
		if !ok {
			return nil, rest, false
		}
		out = append(out, f)
		if !strings.HasPrefix(rest, ",") {
			return out, rest, true
		}
		s = rest[1:]
	}
}

// oneField reads name, .modifier(argument) any number of times, {fields}.
func oneField(s string) (f graphField, rest string, ok bool) {
	f.name, s = word(s)
	if f.name == "" {
		return f, s, false
	}
	for strings.HasPrefix(s, ".") {
		name, after := word(s[1:])
		end := strings.IndexByte(after, ')')
		if name == "" || !strings.HasPrefix(after, "(") || end < 0 {
			return f, s, false
		}
		if f.mods == nil {
			f.mods = map[string]string{}
		}
		f.mods[name] = after[1:end]
		s = after[end+1:]
	}
	if !strings.HasPrefix(s, "{") {
		return f, s, true
	}
	f.sub, s, ok = fieldList(s[1:])
	if !ok || !strings.HasPrefix(s, "}") {
		return f, s, false
	}
	return f, s[1:], true
}

// word reads letters, digits and underscores.
func word(s string) (name, rest string) {
	i := 0
	for i < len(s) && (s[i] == '_' || s[i] >= '0' && s[i] <= '9' || s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z') {
		i++
	}
	return s[:i], s[i:]
}
