package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// file returns the options that the YAML file at path sets, by name without
// prefix in upper case. No path is no options.
func (l *loader) file(path string) map[string]given {
	if path == "" {
		return nil
	}
	raw, err := l.read(path)
	if err != nil {
		l.problem(path, "%v", pathError(err, path))
		return nil
	}
	pairs, err := mapping(raw)
	if err != nil {
		l.problem(path, "%v", err)
		return nil
	}
	known, found := slices.DeleteFunc(l.names(), func(n string) bool { return n == "CONFIG" }), map[string]given{}
	for i := 0; i+1 < len(pairs); i += 2 {
		l.entry(filepath.Base(path), pairs[i], pairs[i+1], known, found)
	}
	return found
}

// entry takes one key and value of the file into found.
func (l *loader) entry(file string, k, v *yaml.Node, known []string, found map[string]given) {
	key := fmt.Sprintf("%s line %d: %s", file, k.Line, k.Value)
	name := strings.TrimPrefix(strings.ToUpper(k.Value), prefix)
	if v.Kind == yaml.AliasNode {
		v = v.Alias
	}
	_, twice := found[name]
	switch {
	case k.Value != strings.ToLower(k.Value) && slices.Contains(known, name):
		l.problem(key, "is written %s in a file", strings.ToLower(k.Value))
	case !slices.Contains(known, name):
		l.problem(key, "is no option%s", didYouMean("", strings.ToLower(name), lower(known)))
	case twice:
		l.problem(key, "is set twice")
	case v.Kind != yaml.ScalarNode:
		l.problem(key, "must be one value, not a list or a block")
	case v.Tag != "!!null" && v.Value != "":
		found[name] = given{key: key, text: v.Value, from: file}
	}
}

// mapping returns the keys and values of a document that is one YAML mapping,
// or nothing for an empty one.
func mapping(raw []byte) ([]*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	var doc, more yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, syntax(err)
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("holds more than one YAML document")
	}
	root := doc.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, errors.New("is not a list of `name: value` lines")
	}
	return root.Content, nil
}

// syntax makes the parser's error safe to show. It quotes the document in one
// case: a value that begins with * reads as the name of an anchor.
func syntax(err error) error {
	if strings.Contains(err.Error(), "anchor") {
		return errors.New("a value that begins with * or & needs quotes around it")
	}
	return fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "yaml: "))
}

func lower(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = strings.ToLower(n)
	}
	return out
}
