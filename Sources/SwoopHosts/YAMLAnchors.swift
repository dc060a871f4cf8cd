// Looks for anchors and aliases in YAML before it is composed: an alias stands for a node, a node
// of aliases for as many as anybody likes, and comparing such keys takes longer than anybody waits.
// Pure.

/// A text of YAML, gone through once for what begins a node with `&` or `*`.
struct YAMLAnchors {
    /// The first line that has one, from 1; nil: there is none.
    private(set) var line: Int?
    private let scalars: [Unicode.Scalar]
    private var place = 0
    private var lineNumber = 1
    /// Where the line begins that `place` is on.
    private var lineStart = 0
    /// The column of the first key or mark of a list on this line: what belongs to it is farther
    /// in.
    private var nodeColumn: Int?
    /// Open brackets and braces.
    private var depth = 0
    /// A node may begin here.
    private var isAtStart = true
    private var isBehindQuotes = false
    /// Where a bracket or brace was closed last.
    private var closedAt = -1

    init(in text: String) {
        scalars = Array(text.unicodeScalars)
        while place < scalars.count, line == nil { step() }
    }

    private func scalar(at index: Int) -> Unicode.Scalar? {
        scalars.indices.contains(index) ? scalars[index] : nil
    }

    private func isBlank(at index: Int) -> Bool {
        scalar(at: index).map { $0 == " " || $0 == "\t" || Self.isBreak($0) } ?? true
    }

    /// YAML 1.1 ends lines by these.
    private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalar)
    }

    private static func isName(_ scalar: Unicode.Scalar?) -> Bool {
        guard let scalar else { return false }
        return scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            || scalar == "-" || scalar == "_"
    }

    private mutating func step() {
        let now = scalars[place]
        if Self.isBreak(now) { return endLine() }
        if now == " " || now == "\t" {
            isBehindQuotes = false
            place += 1
            return
        }
        if now == "#", isTokenBoundary { return skipLine() }
        isAtStart ? stepAtStart(now) : stepInside(now)
    }

    /// Whether a comment may begin here: behind a blank, and wherever a token may begin, which
    /// needs no blank behind a bracket, a comma or a quoted text.
    private var isTokenBoundary: Bool {
        place == 0 || isBlank(at: place - 1) || isAtStart || isBehindQuotes
            || closedAt == place - 1 || depth > 0 && isFlow(scalars[place - 1])
    }

    private mutating func stepAtStart(_ now: Unicode.Scalar) {
        switch now {
        case "&" where Self.isName(scalar(at: place + 1)),
            "*" where Self.isName(scalar(at: place + 1)):
            line = lineNumber
        case "-", "?", ":":
            if nodeColumn == nil || now == "-" { nodeColumn = place - lineStart }
            if !isBlank(at: place + 1), depth == 0 || now == "-" { isAtStart = false }
            place += 1
        case "!":
            while !isBlank(at: place), !(depth > 0 && isFlow(scalars[place])) { place += 1 }
        case "\"", "'": skipQuotes(now)
        case "|" where depth == 0, ">" where depth == 0: skipBlock()
        case "[", "{":
            depth += 1
            place += 1
        default: stepInside(now)
        }
    }

    private func isFlow(_ scalar: Unicode.Scalar) -> Bool {
        [",", "[", "]", "{", "}"].contains(scalar)
    }

    /// Within a plain scalar, or behind a node.
    private mutating func stepInside(_ now: Unicode.Scalar) {
        if isAtStart, depth == 0 { nodeColumn = place - lineStart }
        isAtStart = false
        switch now {
        case ":":
            let isFlowEnd = depth > 0 && scalar(at: place + 1).map(isFlow) == true
            isAtStart = isBlank(at: place + 1) || isFlowEnd || isBehindQuotes
        case "[" where depth > 0, "{" where depth > 0:
            depth += 1
            isAtStart = true
        case "]" where depth > 0, "}" where depth > 0:
            depth -= 1
            closedAt = place
        case "," where depth > 0: isAtStart = true
        default: break
        }
        isBehindQuotes = false
        place += 1
    }

    private mutating func endLine() {
        if scalars[place] == "\r", scalar(at: place + 1) == "\n" { place += 1 }
        place += 1
        lineNumber += 1
        lineStart = place
        nodeColumn = nil
        isAtStart = true
        isBehindQuotes = false
    }

    private mutating func skipLine() {
        while place < scalars.count, !Self.isBreak(scalars[place]) { place += 1 }
    }

    private mutating func skipQuotes(_ quote: Unicode.Scalar) {
        if depth == 0 { nodeColumn = nodeColumn ?? place - lineStart }
        place += 1
        while let now = scalar(at: place) {
            if Self.isBreak(now) {
                let column = nodeColumn
                endLine()
                nodeColumn = column
                continue
            }
            place += 1
            if now == "\\", quote == "\"" {
                // A line's end behind it is taken above.
                if let next = scalar(at: place), !Self.isBreak(next) { place += 1 }
            } else if now == quote {
                if quote == "'", scalar(at: place) == "'" { place += 1 } else { break }
            }
        }
        isAtStart = false
        isBehindQuotes = true
    }

    /// Text that is taken as it is: all lines farther in than the node that it belongs to.
    private mutating func skipBlock() {
        let column = nodeColumn ?? -1
        skipLine()
        while place < scalars.count {
            endLine()
            var next = place
            while scalar(at: next) == " " { next += 1 }
            let isEmpty = scalar(at: next).map(Self.isBreak) ?? true
            guard isEmpty || next - place > column else { return }
            skipLine()
        }
    }
}
