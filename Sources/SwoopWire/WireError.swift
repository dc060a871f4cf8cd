// Why bytes that came were not a message. Decoding throws nothing else and never traps; whoever
// reads counts and drops, except for a version, which is worth an answer.

/// What is wrong with bytes that came from a peer.
package enum WireError: Error, Equatable, Sendable {
    /// The bytes end inside of this field; the offset is from the start of its frame.
    case truncated(WireField, offset: Int)
    /// The field has a value that we never write: an unknown case, a count beyond the bytes.
    case malformed(WireField, offset: Int)
    /// The message is complete, but more follows in this frame.
    case trailing(frame: Int)
    /// A message of this kind has another number of frames.
    case frames(kind: UInt16, count: Int)
    /// Not a message of this direction: other magic, or a kind that this side never gets.
    case stranger
    /// The peer speaks another version of the protocol.
    case version(theirs: UInt32, ours: UInt32)
}

/// Where in a message decoding stopped.
package enum WireField: String, Hashable, Sendable {
    /// The first eight bytes.
    case preamble
    /// The fields after the preamble, or a message in it that must be there and is not.
    case header
    /// A column whose count does not go with the others of its table.
    case column
    /// Lengths that do not add up to the frame of bytes that they cut.
    case lengths
    /// The postfix program of an argument.
    case argument
    /// A number that stands for a case of an enum.
    case enumeration
    /// A plain integer or floating-point number.
    case number
    /// Text or bytes with their length in front.
    case text
    /// A count that the remaining bytes cannot hold.
    case count
}
