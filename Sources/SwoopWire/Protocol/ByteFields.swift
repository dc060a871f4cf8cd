// What announces bytes, as fields: pages, ranges of them, files of programs, memory that is lent.
// What a message of the wire consists of; how fields become bytes: FieldCoding.swift. A number that
// was given to a field is never given to another one; raise `wireVersion` in Preamble.swift when an
// older reader would misunderstand.

/// Followed by the frame of the page's bytes.
struct ProtoStore: WireFields {
    var task = ProtoTasks()
    var output: UInt32 = 0
    var elementCount: Int64 = 0

    func write(to fields: inout FieldWriter) {
        fields.message(1, task)
        fields.integer(2, output)
        fields.zigzag(3, elementCount)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: task = try field.message()
        case 2: output = try field.integer()
        case 3: elementCount = try field.zigzag()
        default: try field.skip()
        }
    }
}

struct ProtoProgramFile: WireFields {
    var name = ""
    var digest = ""
    var byteCount: Int64 = 0

    func write(to fields: inout FieldWriter) {
        fields.text(1, name)
        fields.text(2, digest)
        fields.zigzag(3, byteCount)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: name = try field.text()
        case 2: digest = try field.text()
        case 3: byteCount = try field.zigzag()
        default: try field.skip()
        }
    }
}

struct ProtoManifest: WireFields {
    var id = ""
    var name = ""
    var architecture = ""
    var file: [ProtoProgramFile] = []

    func write(to fields: inout FieldWriter) {
        fields.text(1, id)
        fields.text(2, name)
        fields.text(3, architecture)
        fields.messages(4, file)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: id = try field.text()
        case 2: name = try field.text()
        case 3: architecture = try field.text()
        case 4: file.append(try field.message())
        default: try field.skip()
        }
    }
}

/// The client's own places of the files, in their order.
struct ProtoOffer: WireFields {
    var manifest = ProtoManifest()
    var path: [String] = []

    func write(to fields: inout FieldWriter) {
        fields.message(1, manifest)
        fields.texts(2, path)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: manifest = try field.message()
        case 2: try field.texts(into: &path)
        default: try field.skip()
        }
    }
}

/// A range of a file of a program; in an answer followed by the frame of its bytes, deflated.
struct ProtoFileRange: WireFields {
    var program = ""
    var digest = ""
    var offset: Int64 = 0
    var count: Int64 = 0

    func write(to fields: inout FieldWriter) {
        fields.text(1, program)
        fields.text(2, digest)
        fields.zigzag(3, offset)
        fields.zigzag(4, count)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: program = try field.text()
        case 2: digest = try field.text()
        case 3: offset = try field.zigzag()
        case 4: count = try field.zigzag()
        default: try field.skip()
        }
    }
}

struct ProtoProgramNews: WireFields {
    var program = ""
    var reason = ""

    func write(to fields: inout FieldWriter) {
        fields.text(1, program)
        fields.text(2, reason)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: program = try field.text()
        case 2: reason = try field.text()
        default: try field.skip()
        }
    }
}

/// A range of a page; in an answer with the counts of the whole, and followed by the frame of its
/// bytes.
struct ProtoPageRange: WireFields {
    var task = ProtoTasks()
    var offset: Int64 = 0
    var count: Int64 = 0
    var elementCount: Int64 = 0

    func write(to fields: inout FieldWriter) {
        fields.message(1, task)
        fields.zigzag(2, offset)
        fields.zigzag(3, count)
        fields.zigzag(4, elementCount)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: task = try field.message()
        case 2: offset = try field.zigzag()
        case 3: count = try field.zigzag()
        case 4: elementCount = try field.zigzag()
        default: try field.skip()
        }
    }
}

/// A place in the memory of a node that a client on the same machine was lent, or wants: the offset
/// and the other two are zero as long as they are not known.
struct ProtoLend: WireFields {
    var task = ProtoTasks()
    var offset: Int64 = 0
    var byteCount: Int64 = 0
    var elementCount: Int64 = 0
    var checksum: UInt64 = 0

    func write(to fields: inout FieldWriter) {
        fields.message(1, task)
        fields.zigzag(2, offset)
        fields.zigzag(3, byteCount)
        fields.zigzag(4, elementCount)
        fields.fixed(5, checksum)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: task = try field.message()
        case 2: offset = try field.zigzag()
        case 3: byteCount = try field.zigzag()
        case 4: elementCount = try field.zigzag()
        case 5: checksum = try field.fixed()
        default: try field.skip()
        }
    }
}
