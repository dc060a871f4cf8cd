// Hosts of a standing cluster, as fields.
// What a message of the wire consists of; how fields become bytes: FieldCoding.swift. A number that
// was given to a field is never given to another one; raise `wireVersion` in Preamble.swift when an
// older reader would misunderstand.

/// Hosts that somebody wants in a standing cluster.
struct ProtoHostsWanted: WireFields {
    var file = ""
    var host: [String] = []
    var acceptsNewKeys = false
    var connectLimit: UInt32 = 0
    var agentSocket = ""
    var configuration = ""

    func write(to fields: inout FieldWriter) {
        fields.text(1, file)
        fields.texts(2, host)
        fields.flag(3, acceptsNewKeys)
        fields.integer(4, connectLimit)
        fields.text(5, agentSocket)
        fields.text(6, configuration)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: file = try field.text()
        case 2: try field.texts(into: &host)
        case 3: acceptsNewKeys = try field.flag()
        case 4: connectLimit = try field.integer()
        case 5: agentSocket = try field.text()
        case 6: configuration = try field.text()
        default: try field.skip()
        }
    }
}

/// Hosts that are to leave, and nanoseconds until their runs are handed on; or hosts that
/// nobody waits for any longer.
struct ProtoHostsUnwanted: WireFields {
    var host: [String] = []
    var limit: Int64 = 0
    var onlyAwaited = false

    func write(to fields: inout FieldWriter) {
        fields.texts(1, host)
        fields.zigzag(2, limit)
        fields.flag(3, onlyAwaited)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: try field.texts(into: &host)
        case 2: limit = try field.zigzag()
        case 3: onlyAwaited = try field.flag()
        default: try field.skip()
        }
    }
}

/// Names of the hosts that were asked for; or why there are none.
struct ProtoHostsTaken: WireFields {
    var host: [String] = []
    var refusal = ""

    func write(to fields: inout FieldWriter) {
        fields.texts(1, host)
        fields.text(2, refusal)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: try field.texts(into: &host)
        case 2: refusal = try field.text()
        default: try field.skip()
        }
    }
}

/// A host, HostState.Phase as a number.
struct ProtoHost: WireFields {
    var name = ""
    var phase: UInt32 = 0
    var left: Int64 = 0
    var tries: UInt32 = 0
    var text = ""

    func write(to fields: inout FieldWriter) {
        fields.text(1, name)
        fields.integer(2, phase)
        fields.zigzag(3, left)
        fields.integer(4, tries)
        fields.text(5, text)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: name = try field.text()
        case 2: phase = try field.integer()
        case 3: left = try field.zigzag()
        case 4: tries = try field.integer()
        case 5: text = try field.text()
        default: try field.skip()
        }
    }
}

struct ProtoHosts: WireFields {
    var host: [ProtoHost] = []

    func write(to fields: inout FieldWriter) {
        fields.messages(1, host)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: host.append(try field.message())
        default: try field.skip()
        }
    }
}

struct ProtoHostResult: WireFields {
    var host = ""
    var step = ""
    var failure = ""
    var isCarried = false
    var remark = ""

    func write(to fields: inout FieldWriter) {
        fields.text(1, host)
        fields.text(2, step)
        fields.text(3, failure)
        fields.flag(4, isCarried)
        fields.text(5, remark)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: host = try field.text()
        case 2: step = try field.text()
        case 3: failure = try field.text()
        case 4: isCarried = try field.flag()
        case 5: remark = try field.text()
        default: try field.skip()
        }
    }
}
