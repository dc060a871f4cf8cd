// Who is there and what it does, as fields: nodes, clients, usage, peers.
// What a message of the wire consists of; how fields become bytes: FieldCoding.swift. A number that
// was given to a field is never given to another one; raise `wireVersion` in Preamble.swift when an
// older reader would misunderstand.

struct ProtoNode: WireFields {
    var name = ""
    var slots: UInt32 = 0
    var pageBudget: Int64 = 0
    var processID: Int32 = 0
    /// NodeReach.
    var reach: UInt32 = 0

    func write(to fields: inout FieldWriter) {
        fields.text(1, name)
        fields.integer(2, slots)
        fields.integer(3, pageBudget)
        fields.integer(4, processID)
        fields.integer(5, reach)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: name = try field.text()
        case 2: slots = try field.integer()
        case 3: pageBudget = try field.integer()
        case 4: processID = try field.integer()
        case 5: reach = try field.integer()
        default: try field.skip()
        }
    }
}

struct ProtoHello: WireFields {
    var version: UInt32 = 0
    var client: UInt64 = 0
    var program = ""
    var name = ""

    func write(to fields: inout FieldWriter) {
        fields.integer(1, version)
        fields.fixed(2, client)
        fields.text(3, program)
        fields.text(4, name)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: version = try field.integer()
        case 2: client = try field.fixed()
        case 3: program = try field.text()
        case 4: name = try field.text()
        default: try field.skip()
        }
    }
}

struct ProtoNames: WireFields {
    var name: [String] = []

    func write(to fields: inout FieldWriter) {
        fields.texts(1, name)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: try field.texts(into: &name)
        default: try field.skip()
        }
    }
}

struct ProtoSwitch: WireFields {
    var isOn = false

    func write(to fields: inout FieldWriter) {
        fields.flag(1, isOn)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: isOn = try field.flag()
        default: try field.skip()
        }
    }
}

struct ProtoWelcome: WireFields {
    var version: UInt32 = 0
    var node: [ProtoNode] = []
    var epoch: UInt64 = 0

    func write(to fields: inout FieldWriter) {
        fields.integer(1, version)
        fields.messages(2, node)
        fields.fixed(3, epoch)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: version = try field.integer()
        case 2: node.append(try field.message())
        case 3: epoch = try field.fixed()
        default: try field.skip()
        }
    }
}

struct ProtoText: WireFields {
    var text = ""

    func write(to fields: inout FieldWriter) {
        fields.text(1, text)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: text = try field.text()
        default: try field.skip()
        }
    }
}

struct ProtoSlot: WireFields {
    var function: String?
    /// Absent when the slot idles
    var task: ProtoTasks?
    var elapsed: Int64 = 0
    var busy: Int64 = 0

    func write(to fields: inout FieldWriter) {
        if let function { fields.text(1, function, always: true) }
        if let task { fields.message(2, task) }
        fields.zigzag(3, elapsed)
        fields.zigzag(4, busy)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: function = try field.text()
        case 2: task = try field.message()
        case 3: elapsed = try field.zigzag()
        case 4: busy = try field.zigzag()
        default: try field.skip()
        }
    }
}

struct ProtoUsage: WireFields {
    struct OfNode: WireFields {
        var node: UInt32 = 0
        var name = ""
        var slot: [ProtoSlot] = []
        var cpu: Int64 = 0
        var resident: Int64 = 0
        var pageBudget: Int64 = 0
        var age: Int64 = 0
        var isSilent = false
        var fetched: Int64 = 0
        var given: Int64 = 0

        func write(to fields: inout FieldWriter) {
            fields.integer(1, node)
            fields.text(2, name)
            fields.messages(3, slot)
            fields.zigzag(4, cpu)
            fields.zigzag(5, resident)
            fields.zigzag(6, pageBudget)
            fields.zigzag(7, age)
            fields.flag(8, isSilent)
            fields.zigzag(9, fetched)
            fields.zigzag(10, given)
        }

        mutating func read(_ field: inout FieldReader) throws(WireError) {
            switch field.number {
            case 1: node = try field.integer()
            case 2: name = try field.text()
            case 3: slot.append(try field.message())
            case 4: cpu = try field.zigzag()
            case 5: resident = try field.zigzag()
            case 6: pageBudget = try field.zigzag()
            case 7: age = try field.zigzag()
            case 8: isSilent = try field.flag()
            case 9: fetched = try field.zigzag()
            case 10: given = try field.zigzag()
            default: try field.skip()
            }
        }
    }

    var node: [OfNode] = []
    var progress = ProtoProgress()

    func write(to fields: inout FieldWriter) {
        fields.messages(1, node)
        fields.message(2, progress)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: node.append(try field.message())
        case 2: progress = try field.message()
        default: try field.skip()
        }
    }
}

struct ProtoRegistration: WireFields {
    var version: UInt32 = 0
    var node = ProtoNode()
    var program = ""
    var pages = ProtoService()

    func write(to fields: inout FieldWriter) {
        fields.integer(1, version)
        fields.message(2, node)
        fields.text(3, program)
        fields.message(4, pages)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: version = try field.integer()
        case 2: node = try field.message()
        case 3: program = try field.text()
        case 4: pages = try field.message()
        default: try field.skip()
        }
    }
}

struct ProtoSample: WireFields {
    var slot: [ProtoSlot] = []
    var cpu: Int64 = 0
    var resident: Int64 = 0
    /// Bytes of pages that came from other nodes, ever.
    var fetched: Int64 = 0
    /// Bytes of pages that went to other nodes, ever.
    var given: Int64 = 0

    func write(to fields: inout FieldWriter) {
        fields.messages(1, slot)
        fields.zigzag(2, cpu)
        fields.zigzag(3, resident)
        fields.zigzag(4, fetched)
        fields.zigzag(5, given)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: slot.append(try field.message())
        case 2: cpu = try field.zigzag()
        case 3: resident = try field.zigzag()
        case 4: fetched = try field.zigzag()
        case 5: given = try field.zigzag()
        default: try field.skip()
        }
    }
}

/// A node's number, and whose it is.
struct ProtoAccepted: WireFields {
    var node: UInt32 = 0
    var epoch: UInt64 = 0

    func write(to fields: inout FieldWriter) {
        fields.integer(1, node)
        fields.fixed(2, epoch)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: node = try field.integer()
        case 2: epoch = try field.fixed()
        default: try field.skip()
        }
    }
}

struct ProtoService: WireFields {
    var endpoint: [String] = []
    var key = ""

    func write(to fields: inout FieldWriter) {
        fields.texts(1, endpoint)
        fields.text(2, key)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: try field.texts(into: &endpoint)
        case 2: key = try field.text()
        default: try field.skip()
        }
    }
}

struct ProtoPeers: WireFields {
    struct Peer: WireFields {
        var node: UInt32 = 0
        var pages = ProtoService()

        func write(to fields: inout FieldWriter) {
            fields.integer(1, node)
            fields.message(2, pages)
        }

        mutating func read(_ field: inout FieldReader) throws(WireError) {
            switch field.number {
            case 1: node = try field.integer()
            case 2: pages = try field.message()
            default: try field.skip()
            }
        }
    }

    var peer: [Peer] = []

    func write(to fields: inout FieldWriter) {
        fields.messages(1, peer)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: peer.append(try field.message())
        default: try field.skip()
        }
    }
}

/// A page that is wanted from a node.
struct ProtoRelay: WireFields {
    var task = ProtoTasks()
    var node: UInt32 = 0

    func write(to fields: inout FieldWriter) {
        fields.message(1, task)
        fields.integer(2, node)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: task = try field.message()
        case 2: node = try field.integer()
        default: try field.skip()
        }
    }
}
