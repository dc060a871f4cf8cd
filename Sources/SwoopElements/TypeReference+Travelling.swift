// A type reference as text that travels: addresses become offsets in the program's image.

extension _TypeReference {
    /// The name as text; `loadOffset` is what the program's image was loaded with.
    public func travelling(subtract loadOffset: UInt) -> String {
        parts.map { part in
            switch part {
            case .text(let text): "t\(text)"
            case .descriptor(let address): "d\(String(address &- loadOffset, radix: 16))"
            }
        }.joined(separator: " ")
    }

    /// Reads such a text in a process whose image was loaded with `loadOffset`; nil if it is none.
    public init?(travelling text: String, add loadOffset: UInt) {
        var parts: [Part] = []
        for piece in text.split(separator: " ") {
            let rest = String(piece.dropFirst())
            switch piece.first {
            case "t": parts.append(.text(rest))
            case "d":
                guard let offset = UInt(rest, radix: 16) else { return nil }
                parts.append(.descriptor(address: offset &+ loadOffset))
            default: return nil
            }
        }
        guard !parts.isEmpty else { return nil }
        self.init(parts: parts)
    }
}
