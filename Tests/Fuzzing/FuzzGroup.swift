// What is tried with invented bytes: every decoder of bytes that come from outside, in groups of
// which each is one fuzzer. A decoder may throw or answer; it never traps, and what it took in it
// can write and take in again.

/// A group of decoders that are tried by one fuzzer.
package struct FuzzGroup: Sendable {
    /// One decoder.
    package struct Entry: Sendable {
        package let name: String
        /// Tries bytes; a trap is what is looked for.
        package let attempt: @Sendable ([UInt8]) -> Void
        /// Bytes that it takes in, to begin with.
        package let seeds: @Sendable () -> [[UInt8]]

        init(
            _ name: String, seeds: @escaping @Sendable () -> [[UInt8]],
            _ attempt: @escaping @Sendable ([UInt8]) -> Void
        ) {
            self.name = name
            self.attempt = attempt
            self.seeds = seeds
        }
    }

    package let name: String
    package let entries: [Entry]
    /// All groups.
    package static let all = [
        FuzzGroup(name: "messages", entries: messages),
        FuzzGroup(name: "memory", entries: memory),
        FuzzGroup(name: "values", entries: values),
        FuzzGroup(name: "tables", entries: tables),
        FuzzGroup(name: "files", entries: files),
        FuzzGroup(name: "hosts", entries: hosts),
        FuzzGroup(name: "notebooks", entries: notebooks),
    ]

    /// The entry that is named by the first of some bytes.
    package func entry(of bytes: [UInt8]) -> Entry? {
        bytes.first.map { entries[Int($0) % entries.count] }
    }

    /// Tries bytes of which the first names the entry.
    package func attempt(_ bytes: [UInt8]) {
        entry(of: bytes)?.attempt(Array(bytes.dropFirst()))
    }

    /// What the fuzzer begins with.
    package func beginning(with corpus: FuzzCorpus) -> [[UInt8]] {
        entries.enumerated().flatMap { place, entry in
            (entry.seeds() + corpus.inputs(of: entry)).map { [UInt8(place)] + $0 }
        }
    }
}

/// Ends the process with a sentence: what was taken in did not come out again.
func expectSame<Value: Equatable>(_ one: Value?, _ other: Value, _ what: String) {
    precondition(one == other, "\(what) is not what it was after it was written and read again")
}
