package tools

func init() {}
