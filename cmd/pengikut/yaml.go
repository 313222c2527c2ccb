package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// yamlToJSON turns one YAML document into JSON, key by key: a key that stands
// twice stands twice in the JSON, for its reader to refuse. JSON passes as well,
// being YAML.
func yamlToJSON(raw []byte) ([]byte, error) {
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	var doc, more yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty")
	}
	if err != nil {
		return nil, err
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("the file holds more than one YAML document")
	}
	var out bytes.Buffer
	err = writeJSON(&out, doc.Content[0])
	return out.Bytes(), err
}

func writeJSON(out *bytes.Buffer, n *yaml.Node) error {
	switch n.Kind {
	case yaml.MappingNode:
		return writeJSONBlock(out, n, '{', '}', 2)
	case yaml.SequenceNode:
		return writeJSONBlock(out, n, '[', ']', 1)
	case yaml.ScalarNode:
		return writeJSONScalar(out, n)
	default:
		return fmt.Errorf("line %d: anchors and aliases are not used here", n.Line)
	}
}

// writeJSONBlock writes a list, or, with two nodes a member, an object.
func writeJSONBlock(out *bytes.Buffer, n *yaml.Node, open, end byte, nodes int) error {
	out.WriteByte(open)
	for i := 0; i < len(n.Content); i += nodes {
		if i > 0 {
			out.WriteByte(',')
		}
		if nodes == 2 {
			key, err := json.Marshal(n.Content[i].Value)
			if err != nil || n.Content[i].Kind != yaml.ScalarNode {
				return fmt.Errorf("line %d: a key must be a word", n.Content[i].Line)
			}
			out.Write(key)
			out.WriteByte(':')
		}
		if err := writeJSON(out, n.Content[i+nodes-1]); err != nil {
			return err
		}
	}
	out.WriteByte(end)
	return nil
}

func writeJSONScalar(out *bytes.Buffer, n *yaml.Node) error {
	var v any = n.Value
	switch n.Tag {
	case "!!int", "!!float", "!!bool", "!!null":
		v = nil
		if err := n.Decode(&v); err != nil {
			return fmt.Errorf("line %d: %w", n.Line, err)
		}
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	out.Write(raw)
	return nil
}

// jsonToYAML lays JSON out as a file that people edit: keys in their order, one
// a line, and small objects inside a list on one line.
func jsonToYAML(raw []byte) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, err
	}
	layOut(&doc, false)
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	err := errors.Join(enc.Encode(&doc), enc.Close())
	return out.Bytes(), err
}

func layOut(n *yaml.Node, inList bool) {
	n.Style = 0
	if inList && n.Kind == yaml.MappingNode {
		n.Style = yaml.FlowStyle
	}
	for _, c := range n.Content {
		layOut(c, n.Kind == yaml.SequenceNode)
	}
}
