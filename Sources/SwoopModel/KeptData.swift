// Data that a standing cluster keeps when the program that made it has ended, by name.

/// Names something that is kept, for the life of a coordinator; never used again.
package struct KeptID: Equatable, Comparable, Sendable {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static func < (left: KeptID, right: KeptID) -> Bool { left.rawValue < right.rawValue }
}

/// The type of kept data, as programs of different builds can compare it.
package struct KeptType: Equatable, Sendable {
    /// As its program calls it, `Sale`: of an array the type of its elements.
    package var name: String
    /// Name, fields and their types: programs whose types have the same one read the same data.
    package var layout: String
    /// Whether it is an array of such elements; else one value.
    package var isArray: Bool

    package init(name: String, layout: String, isArray: Bool) {
        self.name = name
        self.layout = layout
        self.isArray = isArray
    }

    /// For people: `an array of Sale`.
    package var words: String { isArray ? "an array of \(name)" : "one \(name)" }
}

/// What a program wants kept.
package struct KeepWish: Equatable, Sendable {
    /// The client's number for the request; the answer has the same.
    package var number: UInt64
    package var name: String
    package var type: KeptType
    /// The pages of an array in their order, or the one value; the client holds handles of them.
    package var tasks: [TaskID]
    /// Whether it takes the place of what is kept under this name.
    package var replaces: Bool

    package init(
        number: UInt64, name: String, type: KeptType, tasks: [TaskID], replaces: Bool = false
    ) {
        self.number = number
        self.name = name
        self.type = type
        self.tasks = tasks
        self.replaces = replaces
    }
}

/// Names under which a part of a graph reads kept data.
package struct KeptUse: Equatable, Sendable {
    package var kept: KeptID
    /// The client's own names for its outputs, one for each in their order.
    package var tasks: [TaskID]
    package var output: OutputKind

    package init(kept: KeptID, tasks: [TaskID], output: OutputKind) {
        self.kept = kept
        self.tasks = tasks
        self.output = output
    }
}

/// The size of one output of kept data.
package struct KeptSize: Equatable, Sendable {
    package var byteCount: Int64
    package var elementCount: Int64

    package init(byteCount: Int64, elementCount: Int64) {
        self.byteCount = byteCount
        self.elementCount = elementCount
    }
}

/// What a node has of kept data.
package struct KeptPlace: Equatable, Sendable {
    package var node: String
    package var pages: UInt32
    package var byteCount: Int64

    package init(node: String, pages: UInt32, byteCount: Int64) {
        self.node = node
        self.pages = pages
        self.byteCount = byteCount
    }
}

/// Something that is kept, as programs and people are told of it.
package struct KeptState: Equatable, Sendable {
    package var id: KeptID
    package var name: String
    package var type: KeptType
    /// Its outputs, in their order; none of what is lost.
    package var sizes: [KeptSize]
    /// In the order of the nodes; none of a value that the coordinator has itself.
    package var places: [KeptPlace]
    /// Nanoseconds since it was kept.
    package var age: Int64
    /// The program that kept it.
    package var program: String
    /// Why it is lost; empty: it is there.
    package var loss: String

    package init(
        id: KeptID, name: String, type: KeptType, sizes: [KeptSize], places: [KeptPlace] = [],
        age: Int64 = 0, program: String = "", loss: String = ""
    ) {
        self.id = id
        self.name = name
        self.type = type
        self.sizes = sizes
        self.places = places
        self.age = age
        self.program = program
        self.loss = loss
    }

    /// Bytes of the data, each counted once.
    package var byteCount: Int64 { sizes.map(\.byteCount).clampedSum }

    /// Elements of an array; 1 for a value.
    package var elementCount: Int64 { sizes.map(\.elementCount).clampedSum }
}

/// Names of kept data.
package enum KeptName {
    /// The most bytes of a name.
    package static let byteCountMax = 100

    /// Why nothing can be kept under this name; nil: it can.
    package static func problem(of name: String) -> String? {
        if name.isEmpty { return "kept data needs a name" }
        if name.utf8.count > byteCountMax {
            return "a name of kept data has at most \(byteCountMax) bytes"
        }
        guard !name.unicodeScalars.contains(where: PrintableText.isInvisible) else {
            return "\"\(PrintableText.line(name))\" is no name of kept data: a character of it "
                + "cannot be seen"
        }
        let isPlain = name.allSatisfy { $0.isLetter || $0.isNumber || "._-/:".contains($0) }
        guard isPlain, let first = name.first, first.isLetter || first.isNumber else {
            return "\"\(PrintableText.line(name))\" is no name of kept data: letters and digits, "
                + "and . _ - / : behind the first of them"
        }
        return nil
    }
}

extension KeptState {
    /// That nothing is kept under a name, and what is.
    package static func absence(of name: String, among known: [String]) -> String {
        "nothing is kept as \"\(PrintableText.line(name))\""
            + (known.isEmpty
                ? ", or as anything else"
                : "; these are kept: " + known.joined(separator: ", "))
    }
}
