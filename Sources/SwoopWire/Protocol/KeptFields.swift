// Kept data, as fields.
// What a message of the wire consists of; how fields become bytes: FieldCoding.swift. A number that
// was given to a field is never given to another one; raise `wireVersion` in Preamble.swift when an
// older reader would misunderstand.

/// The type of kept data.
struct ProtoKeptType: WireFields {
    var name = ""
    var layout = ""
    var isArray = false

    func write(to fields: inout FieldWriter) {
        fields.text(1, name)
        fields.text(2, layout)
        fields.flag(3, isArray)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: name = try field.text()
        case 2: layout = try field.text()
        case 3: isArray = try field.flag()
        default: try field.skip()
        }
    }
}

/// What a program wants kept.
struct ProtoKeepWish: WireFields {
    var number: UInt64 = 0
    var name = ""
    var type = ProtoKeptType()
    var tasks = ProtoTasks()
    var replaces = false

    func write(to fields: inout FieldWriter) {
        fields.integer(1, number)
        fields.text(2, name)
        fields.message(3, type)
        fields.message(4, tasks)
        fields.flag(5, replaces)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: number = try field.integer()
        case 2: name = try field.text()
        case 3: type = try field.message()
        case 4: tasks = try field.message()
        case 5: replaces = try field.flag()
        default: try field.skip()
        }
    }
}

/// Names of kept data that nobody wants any more; or the answer to a request: empty, or why it was
/// refused.
struct ProtoKeptAnswer: WireFields {
    var number: UInt64 = 0
    var name: [String] = []
    var refusal = ""

    func write(to fields: inout FieldWriter) {
        fields.integer(1, number)
        fields.texts(2, name)
        fields.text(3, refusal)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: number = try field.integer()
        case 2: try field.texts(into: &name)
        case 3: refusal = try field.text()
        default: try field.skip()
        }
    }
}

/// Names of a client's for outputs of kept data; 0 value, 1 page.
struct ProtoKeptUse: WireFields {
    var kept: UInt64 = 0
    var tasks = ProtoTasks()
    var output: UInt32 = 0

    func write(to fields: inout FieldWriter) {
        fields.integer(1, kept)
        fields.message(2, tasks)
        fields.integer(3, output)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: kept = try field.integer()
        case 2: tasks = try field.message()
        case 3: output = try field.integer()
        default: try field.skip()
        }
    }
}

/// What is kept. Of the sizes there is one for each output, of the places one for each node.
struct ProtoKept: WireFields {
    var id: UInt64 = 0
    var name = ""
    var type = ProtoKeptType()
    var byteCount: [Int64] = []
    var elementCount: [Int64] = []
    var placeNode: [String] = []
    var placePages: [UInt32] = []
    var placeByteCount: [Int64] = []
    var age: Int64 = 0
    var program = ""
    var loss = ""

    func write(to fields: inout FieldWriter) {
        fields.integer(1, id)
        fields.text(2, name)
        fields.message(3, type)
        fields.zigzags(4, byteCount)
        fields.zigzags(5, elementCount)
        fields.texts(6, placeNode)
        fields.integers(7, placePages)
        fields.zigzags(8, placeByteCount)
        fields.zigzag(9, age)
        fields.text(10, program)
        fields.text(11, loss)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: id = try field.integer()
        case 2: name = try field.text()
        case 3: type = try field.message()
        case 4: try field.zigzags(into: &byteCount)
        case 5: try field.zigzags(into: &elementCount)
        case 6: try field.texts(into: &placeNode)
        case 7: try field.integers(into: &placePages)
        case 8: try field.zigzags(into: &placeByteCount)
        case 9: age = try field.zigzag()
        case 10: program = try field.text()
        case 11: loss = try field.text()
        default: try field.skip()
        }
    }
}

/// Everything that is kept.
struct ProtoKeptList: WireFields {
    var kept: [ProtoKept] = []

    func write(to fields: inout FieldWriter) {
        fields.messages(1, kept)
    }

    mutating func read(_ field: inout FieldReader) throws(WireError) {
        switch field.number {
        case 1: kept.append(try field.message())
        default: try field.skip()
        }
    }
}
