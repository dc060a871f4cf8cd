// Texts that come from outside are cut at bytes. To Swift a line feed behind a carriage return is
// one character with it, and so is an equals sign with an accent behind it: neither is found by
// who looks for the plain one.

extension Substring {
    /// The pieces between occurrences of an ASCII character; empty ones are left out unless told.
    package func pieces(
        at separator: Unicode.Scalar, maxSplits: Int = .max, omittingEmpty: Bool = true
    ) -> [Substring] {
        utf8.split(
            separator: UInt8(ascii: separator), maxSplits: maxSplits,
            omittingEmptySubsequences: omittingEmpty
        ).map(Substring.init)
    }

    /// What stands before and behind the first occurrence of an ASCII character; nil: there is
    /// none.
    package func halves(at separator: Unicode.Scalar) -> (before: Substring, behind: Substring)? {
        guard let place = utf8.firstIndex(of: UInt8(ascii: separator)) else { return nil }
        return (
            Substring(utf8[..<place]), Substring(utf8[utf8.index(after: place)...])
        )
    }
}

// What the standard library's own searches for a text need is a library of 1.8 MB, which a host of
// a program that has no other use for it would be sent.

extension Substring {
    /// Where a text begins, as bytes; nil: it is not there.
    package func place(of text: String) -> Index? {
        guard let first = text.utf8.first else { return startIndex }
        var rest = utf8
        while let start = rest.firstIndex(of: first) {
            if rest[start...].starts(with: text.utf8) { return start }
            rest = rest[start...].dropFirst()
        }
        return nil
    }

    /// Whether a text is in it, as bytes.
    package func mentions(_ text: String) -> Bool { place(of: text) != nil }
}

extension String {
    /// Whether a text is in it, as bytes.
    package func mentions(_ text: String) -> Bool { self[...].mentions(text) }

    /// The pieces between occurrences of an ASCII character; empty ones are left out unless told.
    package func pieces(
        at separator: Unicode.Scalar, maxSplits: Int = .max, omittingEmpty: Bool = true
    ) -> [Substring] {
        self[...].pieces(at: separator, maxSplits: maxSplits, omittingEmpty: omittingEmpty)
    }
}
