// The first eight bytes of every message between machines, and how a message becomes frames and
// back: four bytes "SWOP", two of the version, two of the kind, then the fields of the header
// (FieldCoding.swift); then the other frames.

/// The version of all messages that this build speaks.
///
/// A message of another version is refused as a whole.
package let wireVersion: UInt32 = 6

/// What a message is; the upper byte tells the direction.
enum MessageKind: UInt16, CaseIterable {
    case hello = 0x0101
    case submit, release, cancel, want, wantRecords, watchUsage, clientGoodbye, offerProgram
    case data, dataFailed, roomWanted, dataWritten, wantHosts, releaseHosts
    case keep, freeKept, wantKept, library
    case welcome = 0x0201
    case clientRefused, notices, value
    case usage = 0x0206
    case records, programWanted
    case hosts, hostsTaken, hostSettled, keptList, keepSettled
    case register = 0x0301
    case reports, sample, page, pageMissing, printed, remark, agentGoodbye
    case programBytesWanted, programReady, programFailed, relayWanted, roomLent
    case pageCopied, pageNotCopied
    case accepted = 0x0401
    case agentRefused, lease, revoke, dropPages, sendPage, storePage, shutDown
    case unknown, sign, peers, prepare, programBytes, relayed, relayFailed, recall
    case lendRoom, keepWritten, copyPages, listen, nodeLibrary
    case pageWanted = 0x0501
    case pagePart, pageAbsent
    /// Of any direction: see LanePiece.swift.
    case piece = 0x0601
    case credit
}

private let magic: [UInt8] = [0x53, 0x57, 0x4f, 0x50]
private let preambleLength = 8

extension MessageKind {
    /// The frames of a message of this kind: preamble and `header`, then `others`.
    func frames(_ header: some WireFields, _ others: [[UInt8]] = []) -> [[UInt8]] {
        [header.encoded(after: preamble)] + others
    }

    /// The first bytes of a message of this kind.
    var preamble: [UInt8] {
        var bytes = magic
        for word in [UInt16(wireVersion), rawValue] {
            bytes.append(UInt8(truncatingIfNeeded: word))
            bytes.append(UInt8(truncatingIfNeeded: word >> 8))
        }
        return bytes
    }
}

/// The frames of one message that came, and which kind it is.
struct IncomingFrames {
    let kind: MessageKind
    private let frames: [[UInt8]]

    /// Looks at the preamble only.
    init(_ frames: [[UInt8]]) throws(WireError) {
        guard let first = frames.first, first.count >= preambleLength else {
            throw .truncated(.preamble, offset: frames.first?.count ?? 0)
        }
        guard first[0..<4] == magic[...] else { throw .stranger }
        let version = UInt32(first[4]) | UInt32(first[5]) << 8
        guard version == wireVersion else { throw .version(theirs: version, ours: wireVersion) }
        guard let kind = MessageKind(rawValue: UInt16(first[6]) | UInt16(first[7]) << 8) else {
            throw .stranger
        }
        self.kind = kind
        self.frames = frames
    }

    /// The header of a message that has `others` more frames.
    func header<Header: WireFields>(
        _ type: Header.Type, others: Int = 0
    ) throws(WireError) -> Header {
        guard frames.count == 1 + others else {
            throw .frames(kind: kind.rawValue, count: frames.count)
        }
        return try looseHeader(type)
    }

    /// The header of a message that has any number of frames.
    func looseHeader<Header: WireFields>(_ type: Header.Type) throws(WireError) -> Header {
        try Header(frames[0], from: preambleLength)
    }

    /// What follows the preamble in messages that have no fields.
    var body: ByteReader { ByteReader(Array(frames[0].dropFirst(preambleLength))) }

    /// How many frames follow the first.
    var otherCount: Int { frames.count - 1 }

    /// Frame `index`; throws where there is none.
    func frame(_ index: Int) throws(WireError) -> [UInt8] {
        guard index < frames.count else {
            throw .frames(kind: kind.rawValue, count: frames.count)
        }
        return frames[index]
    }

    /// The frames from `index` on.
    func frames(from index: Int) -> [[UInt8]] { Array(frames.dropFirst(index)) }
}
