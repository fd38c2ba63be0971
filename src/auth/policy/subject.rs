//! Names of subjects in the access table.

/// The center itself.
pub fn center(id: &str) -> String {
    format!("center:{id}")
}

/// Everything at or below a center.
pub fn tree(id: &str) -> String {
    format!("tree:{id}")
}

/// A person.
pub fn user(id: &str) -> String {
    format!("user:{id}")
}

/// Who was rated by somebody that gave no name: along it lists walk, and nobody sees a record by it.
pub fn rated(id: &str) -> String {
    format!("rated:{id}")
}

/// An applicant.
pub fn applicant(id: &str) -> String {
    format!("applicant:{id}")
}

/// A project: along it lists walk, and nobody sees a record by it.
pub fn project(id: &str) -> String {
    format!("project:{id}")
}

/// A department.
pub fn department(id: &str) -> String {
    format!("department:{id}")
}

/// A center, or a person, that carries steps for another center.
pub fn leg(id: &str) -> String {
    format!("leg:{id}")
}

/// The deciding authority of a node.
pub fn authority(id: &str) -> String {
    format!("authority:{id}")
}

/// Whether a subject is the very center that holds a record.
pub fn is_center(subject: &str) -> bool {
    subject.starts_with("center:")
}

/// Whether a subject sees a part of the matter only: the steps that it carries.
pub fn is_partial(subject: &str) -> bool {
    subject.starts_with("department:") || subject.starts_with("leg:")
}
