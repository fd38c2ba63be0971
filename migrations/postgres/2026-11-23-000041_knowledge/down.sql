DROP TABLE knowledge_citations;
DROP TABLE knowledge_feedback;
DROP TABLE knowledge_terms;
DROP TABLE knowledge_items;
DROP TABLE knowledge_versions;
DROP TABLE knowledge_articles;
