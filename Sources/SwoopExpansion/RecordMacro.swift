// @Record: a struct's encoding, its layout in pages as one column for each stored field, composed
// of the fields' own columns as PageElement asks, and its form as a row of a table.

package import SwiftSyntax
import SwiftSyntaxBuilder
package import SwiftSyntaxMacros

/// Lets a struct travel and be held in pages.
package struct RecordMacro: ExtensionMacro {
    /// The extension that makes the struct a record.
    package static func expansion(
        of node: AttributeSyntax, attachedTo declaration: some DeclGroupSyntax,
        providingExtensionsOf type: some TypeSyntaxProtocol, conformingTo protocols: [TypeSyntax],
        in context: some MacroExpansionContext
    ) throws -> [ExtensionDeclSyntax] {
        if let type = declaration.as(EnumDeclSyntax.self) {
            return try enumExtension(of: type, protocols, in: context)
        }
        guard let record = RecordFields(declaration, in: context), !protocols.isEmpty else {
            return []
        }
        let names = ["RemoteValue", "PageElement", "RemoteArgument", "CSVRow", "_PropertyHolder"]
        let conformances = names.filter { name in
            protocols.contains { $0.trimmedDescription.hasSuffix(name) }
        }
        let list = conformances.map { "Swoop.\($0)" }.joined(separator: ", ")
        let text = """
            extension \(type.trimmedDescription): \(list) {
            \(fieldTypes(of: record))
            \(valueMembers(of: record, type: type.trimmedDescription, in: context))
            \(columns(of: record, type: type.trimmedDescription))
            \(builder(of: record, type: type.trimmedDescription))
            \(rowMembers(of: record))
            \(propertyFunctions(of: record, type: type.trimmedDescription))
            }
            """
        return [try ExtensionDeclSyntax("\(raw: text)")]
    }

    /// What makes an enum with raw values an element: its raw values.
    private static func enumExtension(
        of declaration: EnumDeclSyntax, _ protocols: [TypeSyntax],
        in context: some MacroExpansionContext
    ) throws -> [ExtensionDeclSyntax] {
        let hasRawValues = declaration.inheritanceClause.map { clause in
            clause.inheritedTypes.contains { rawTypes.contains($0.type.trimmedDescription) }
        }
        if let values = valuesOfCase(in: declaration) {
            // Beside raw values the compiler says it itself.
            if hasRawValues != true {
                MacroMessage.recordEnumWithValues.report(at: values, in: context)
            }
            return []
        }
        guard let raw = declaration.inheritanceClause?.inheritedTypes.first?.type,
            rawTypes.contains(raw.trimmedDescription)
        else {
            MacroMessage.recordEnumWithoutRawValues.report(at: declaration.name, in: context)
            return []
        }
        if let generics = declaration.genericParameterClause {
            MacroMessage.recordGeneric.report(at: generics, in: context)
            return []
        }
        let names = [
            "RemoteValue", "PageElement", "RemoteArgument", "ConvertedElement", "CSVField",
            "PackedKey", "_SortValue", "_ProxyEquatable",
        ]
        let conformances = names.filter { name in
            protocols.contains { $0.trimmedDescription.hasSuffix(name) }
        }
        guard !conformances.isEmpty else { return [] }
        let modifier = declaration.modifiers.first { ["public", "package"].contains($0.name.text) }
        let access = modifier.map { $0.name.text + " " } ?? ""
        // Of a nested type: its extension stands at file level.
        let name = qualified(declaration.name.text, in: context)
        return [
            try ExtensionDeclSyntax(
                """
                extension \(raw: name): \
                \(raw: conformances.map { "Swoop.\($0)" }.joined(separator: ", ")) {
                \(raw: access)typealias _Received = \(raw: name)
                \(raw: access)typealias _Columns = Swoop._ConvertedColumns<\(raw: name)>
                \(raw: access)typealias _Builder = Swoop._ConvertedBuilder<\(raw: name)>
                \(raw: access)typealias StoredForm = \(raw: raw.trimmedDescription)
                \(raw: access)typealias _Stored = \(raw: name)
                \(raw: access)var _sortNumber: UInt64 { Swoop._EnumOrder.number(of: self) }
                \(raw: access)static var _numberDecides: Bool { \
                Swoop._EnumOrder.numberDecides(Self.self) }
                \(raw: access)func _isBefore(_ other: Self) -> Bool { \
                Swoop._EnumOrder.isBefore(self, other) }
                }
                """)
        ]
    }

    /// The values of the first case that has some.
    private static func valuesOfCase(in type: EnumDeclSyntax) -> EnumCaseParameterClauseSyntax? {
        type.memberBlock.members.lazy.compactMap { $0.decl.as(EnumCaseDeclSyntax.self) }
            .flatMap(\.elements).compactMap(\.parameterClause).first
    }

    /// What the standard library has for raw values, and pages for fields.
    private static let rawTypes: Set<String> = [
        "String", "Int", "Int8", "Int16", "Int32", "Int64", "UInt", "UInt8", "UInt16", "UInt32",
        "UInt64", "Double", "Float",
    ]

    /// The name with those of the types around it.
    private static func qualified(
        _ name: String, in context: some MacroExpansionContext
    ) -> String {
        let outer = context.lexicalContext.reversed().compactMap { EnclosingType($0)?.name }
        return (outer + [name]).joined(separator: ".")
    }

    /// The fields' types under names of their own: one that pages cannot hold is an error here, and
    /// then where a field is encoded, in words, but nowhere else.
    private static func fieldTypes(of record: RecordFields) -> String {
        let access = record.access
        return """
            \(access)enum _FieldTypes {
            \(record.lines { "\(access)typealias \($0.builder) = Swoop._FieldOf<\($0.spelling)>" })
            }
            """
    }

    private static func valueMembers(
        of record: RecordFields, type: String, in context: some MacroExpansionContext
    ) -> String {
        let access = record.access
        let widths = record.fields.map { "\($0.type)._fixedByteCount" }.joined(separator: ", ")
        let layout = record.fields.map { "(\(literal($0.name)), \($0.type)._layout)" }
        return """
            \(access)typealias _Received = \(type)
            \(access)static var _byteCountMin: Int { \(record.join { "\($0.type)._byteCountMin" }) }
            \(access)static var _fixedByteCount: Int? { Swoop._fixedByteCount([\(widths)]) }
            \(access)static var _layout: Swoop._PageLayout {
                .record(\(literal(type)), [\(layout.joined(separator: ", "))])
            }
            \(access)func encode(into writer: inout Swoop.ValueWriter) {
            \(record.lines { field in
                line("_encodeField(self.\(field.name), into: &writer)", of: field.node, in: context)
            })
            }
            \(access)init(decoding reader: inout Swoop.ValueReader) \
            throws(Swoop.ValueDecodingError) {
            \(record.lines { "self.\($0.name) = try \($0.type)(decoding: &reader)" })
            }
            """
    }

    private static func columns(of record: RecordFields, type: String) -> String {
        let access = record.access
        return """
            \(access)struct _Columns: Swoop._PageColumns {
            \(access)typealias Element = \(type)
            \(record.lines { "let \($0.name): \($0.type)._Columns" })
            \(access)init(opening page: inout Swoop._PageOpening, count: Int) \
            throws(Swoop._PageError) {
            \(record.lines { "self.\($0.name) = try \($0.type)._Columns(opening: &page, count: count)" })
            }
            @inline(__always) \(access)subscript(_ index: Int) -> Element { Element(_columns: \
            self, at: index) }
            }
            @inline(__always) init(_columns columns: _Columns, at index: Int) {
            \(record.lines { "self.\($0.name) = columns.\($0.name)[index]" })
            }
            """
    }

    private static func builder(of record: RecordFields, type: String) -> String {
        let access = record.access
        let first = record.fields[0].builder
        let end = record.fields.reduce("start") { "\($1.builder).end(from: \($0))" }
        return """
            \(access)struct _Builder: Swoop._PageBuilder {
            \(access)typealias Element = \(type)
            \(record.lines { "var \($0.builder) = \($0.type)._Builder()" })
            \(access)init() {}
            \(access)var count: Int { \(first).count }
            \(access)mutating func append(_ element: Element) {
            \(record.lines { "\($0.builder).append(element.\($0.name))" })
            }
            \(access)mutating func appendAbsent() {
            \(record.lines { "\($0.builder).appendAbsent()" })
            }
            \(access)typealias Columns = \(type)._Columns
            \(access)static func _gather(_ rows: Swoop._GatheredRows<Columns>, \
            into sections: inout Swoop._PageSections) {
            \(record.lines { field in
                "\(field.type)._Builder._gather(rows.map { $0.\(field.name) }, into: &sections)"
            })
            }
            \(access)func end(from start: Int) -> Int { \(end) }
            \(access)func write(into page: inout Swoop._PageWriting) {
            \(record.lines { "\($0.builder).write(into: &page)" })
            }
            \(access)mutating func removeAll() {
            \(record.lines { "\($0.builder).removeAll()" })
            }
            }
            """
    }

    /// What makes the record a row of a table.
    private static func rowMembers(of record: RecordFields) -> String {
        let access = record.access
        let columns = record.fields.map { "_csvColumn(\(literal($0.name)), \($0.type).self)" }
        return """
            \(access)static var _csvColumns: [Swoop._CSVColumn] {
            [\(columns.joined(separator: ", "))]
            }
            @inline(__always) \(access)init(_csv row: Swoop._CSVRecord) \
            throws(Swoop.CSVFieldError) {
            \(record.numberedLines { "self.\($1.name) = try _csvField(\($1.type).self, \($0), row)" })
            }
            \(access)func _write(csv writer: inout Swoop.CSVWriter) {
            \(record.lines { "_csvWrite(self.\($0.name), into: &writer)" })
            }
            """
    }
}

/// The stored fields of a struct, checked.
struct RecordFields {
    struct Field {
        let name: String
        /// The type as it is written.
        let spelling: String
        /// Where the type stands, for errors about it.
        let node: TypeSyntax

        /// The field's builder: a field may have the name of a builder's own member, `count` say.
        var builder: String { identifier("_", before: name) }
        /// The type's own name in the record.
        var type: String { "_FieldTypes.\(builder)" }
    }

    let fields: [Field]
    /// The fields, and the computed properties of the struct's body, as chains may name them.
    let properties: [RecordProperty]
    /// `public `, `package ` or nothing.
    let access: String

    func lines(_ text: (Field) -> String) -> String {
        fields.map { "    " + text($0) }.joined(separator: "\n")
    }

    func numberedLines(_ text: (Int, Field) -> String) -> String {
        fields.enumerated().map { "    " + text($0, $1) }.joined(separator: "\n")
    }

    func join(_ text: (Field) -> String) -> String {
        fields.map(text).joined(separator: " + ")
    }

    init?(_ declaration: some DeclGroupSyntax, in context: some MacroExpansionContext) {
        var refused = false
        func refuse(_ message: MacroMessage, _ node: some SyntaxProtocol) {
            refused = true
            message.report(at: node, in: context)
        }
        guard let type = declaration.as(StructDeclSyntax.self) else {
            refuse(.recordNotAStruct, declaration.introducer)
            return nil
        }
        if let generics = type.genericParameterClause { refuse(.recordGeneric, generics) }
        let modifier = type.modifiers.first { ["public", "package"].contains($0.name.text) }
        access = modifier.map { $0.name.text + " " } ?? ""

        var fields: [Field] = []
        var properties: [RecordProperty] = []
        for member in type.memberBlock.members {
            guard let variable = member.decl.as(VariableDeclSyntax.self),
                !variable.modifiers.contains(where: { $0.name.text == "static" })
            else { continue }
            for (index, binding) in variable.bindings.enumerated() {
                if binding.isComputed {
                    properties += [RecordProperty(computed: binding, of: variable, access)]
                        .compactMap(\.self)
                    continue
                }
                let isWrapped = variable.attributes.contains { $0.as(AttributeSyntax.self) != nil }
                let isLazy = variable.modifiers.contains { $0.name.text == "lazy" }
                if isWrapped || isLazy || binding.accessorBlock != nil {
                    refuse(.recordWrapper, binding.pattern)
                    continue
                }
                if variable.bindingSpecifier.text == "let", let value = binding.initializer {
                    refuse(.recordConstant, value)
                    continue
                }
                // `var x, y: Int`: the type stands with a later name.
                let stated = variable.bindings.dropFirst(index).lazy.compactMap(\.typeAnnotation)
                    .first
                guard let field = stated?.type,
                    let name = binding.pattern.as(IdentifierPatternSyntax.self)
                else {
                    refuse(.recordFieldWithoutType, binding.pattern)
                    continue
                }
                if let (node, message) = obstacle(in: field, isField: true) {
                    refuse(message, node)
                }
                fields.append(
                    Field(name: name.identifier.text, spelling: spelled(field), node: field))
                properties += [
                    RecordProperty(name.identifier.text, spelled(field), of: variable, access)
                ].compactMap(\.self)
            }
        }
        if fields.isEmpty, !refused { refuse(.recordEmpty, type.name) }
        if refused { return nil }
        self.fields = fields
        self.properties = properties
    }
}

/// The type so that a member can follow it: `Optional<T>` for `T?`.
private func spelled(_ type: TypeSyntax) -> String {
    if let optional = type.as(OptionalTypeSyntax.self) {
        return "Optional<\(optional.wrappedType.trimmedDescription)>"
    }
    return type.trimmedDescription
}

extension PatternBindingSyntax {
    /// Whether the binding has a getter, so that nothing is stored.
    fileprivate var isComputed: Bool {
        if case .accessors(let list)? = accessorBlock?.accessors {
            return list.contains { $0.accessorSpecifier.text == "get" }
        }
        return accessorBlock != nil
    }
}
