// Placeholder until its author writes it.

@main struct Placeholder {
    static func main() {}
}
