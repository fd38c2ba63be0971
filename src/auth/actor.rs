use crate::{
    db::code_enum,
    kernel::{ErrorCode, Id, Problem, Text},
};

code_enum! {
    /// What a person may be to the system.
    Role in "roles" {
        Applicant "applicant" "申请人",
        CompanyAgent "company_agent" "企业经办人",
        Clerk "clerk" "综窗人员",
        Agent "agent" "帮办代办专员",
        CenterManager "center_manager" "中心负责人",
        DepartmentHandler "department_handler" "承办部门经办人",
        ProjectManager "project_manager" "项目服务经理",
        Inspector "inspector" "督查人员",
        ReformOffice "reform_office" "改革办",
        SystemAdmin "system_admin" "系统管理员",
        SecurityAdmin "security_admin" "安全管理员",
        AuditAdmin "audit_admin" "审计管理员",
        Portal "portal" "门户客户端",
        Hotline "hotline" "热线客户端",
    }
}

impl Role {
    /// The three administrators exclude each other (三员分立).
    pub fn is_administrator(self) -> bool {
        matches!(self, Self::SystemAdmin | Self::SecurityAdmin | Self::AuditAdmin)
    }

    /// Roles that are held at a center of the tree.
    pub fn at_center(self) -> bool {
        matches!(self, Self::Clerk | Self::Agent | Self::CenterManager | Self::ProjectManager | Self::Inspector | Self::ReformOffice)
    }
}

/// What kind of subject a token names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// A person.
    User,
    /// A machine.
    Client,
}

/// The authenticated bearer of a request, before any role is known.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Person or machine.
    pub kind: SubjectKind,
    /// The user's or client's id.
    pub id: Id,
    /// The login session, for people.
    pub session: Option<String>,
    /// The OAuth client the token was issued to.
    pub client: String,
    /// For people who came by way of a portal: how sure it is who they are.
    pub level: Option<u8>,
    /// Of a token: the generation of the machine client that is or acts for the subject.
    pub generation: Option<i64>,
}

/// A role at a node of the center tree, at a department, or over the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Center or department id; `system` for administrators.
    pub node: String,
}

/// A caller with the roles of this moment.
#[derive(Clone, Debug)]
pub struct Actor {
    /// `user`, `client` or `system`; written into events.
    pub kind: &'static str,
    /// Who.
    pub id: Option<Id>,
    /// Roles held now.
    pub grants: Vec<Grant>,
    /// The applicant this person is or acts for.
    pub applicant_id: Option<Id>,
    /// The person's home center.
    pub center_id: Option<Id>,
    /// Colleagues who are away and for whom this person stands in now.
    pub stands_in_for: Vec<Id>,
    /// Post or part, shown in timelines: never a person's name.
    pub label: String,
    /// Traces what was done to the request that did it.
    pub request_id: String,
    /// How sure it is who this is (1 to 3), where a portal or provider has said so; absent: signed in here.
    pub level: Option<u8>,
    /// What has to be signed takes this level.
    pub signing_level: u8,
    /// The machine client by which an applicant came, where one acts for them.
    pub through: Option<Id>,
}

impl Actor {
    /// The system itself: worker and command line.
    pub fn system(name: &str) -> Self {
        Self {
            kind: "system",
            id: None,
            grants: Vec::new(),
            applicant_id: None,
            center_id: None,
            stands_in_for: Vec::new(),
            label: "系统".into(),
            request_id: format!("system:{name}"),
            level: None,
            signing_level: 0,
            through: None,
        }
    }

    /// Whether any of the roles is held, anywhere.
    pub fn is(&self, role: Role) -> bool {
        self.grants.iter().any(|g| g.role == role)
    }

    /// Whether this is the worker or the command line.
    pub fn is_system(&self) -> bool {
        self.kind == "system"
    }

    /// Whether it is sure enough who this is to sign.
    pub fn may_sign(&self) -> bool {
        self.level.is_none_or(|level| level >= self.signing_level)
    }

    /// Refuses a signature of whom it is not sure enough who they are: asked wherever one is made, whatever it goes along with.
    pub fn sure_to_sign(&self) -> Result<(), Problem> {
        if self.may_sign() { Ok(()) } else { Err(self.unsure()) }
    }

    /// Tells whoever came by way of a portal that more would be allowed if it were surer who they are.
    pub fn unsure(&self) -> Problem {
        let (has, needs) = (self.level.unwrap_or(0), self.signing_level);
        let zh = format!("您的实名等级不够：当前等级为 {has}，签署等操作需要 {needs}。请提高实名等级后重新登录。");
        let en = format!("Your assurance level is {has}, and signing takes {needs}. Sign in with a higher one.");
        Problem { required_level: Some(needs), ..Problem::new(ErrorCode::AssuranceTooLow, Text::new(zh, en)) }
    }

    /// Whether something assigned to `user` is this caller's to do: their own, or a colleague's they stand in for.
    pub fn answers_for(&self, user: Id) -> bool {
        self.id == Some(user) || self.stands_in_for.contains(&user)
    }

    /// The nodes at which a role is held.
    pub fn nodes(&self, role: Role) -> impl Iterator<Item = &str> {
        self.grants.iter().filter(move |g| g.role == role).map(|g| g.node.as_str())
    }
}
